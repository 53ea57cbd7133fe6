"""Audio from outside: uploaded, or fetched for a job from an address."""
