"""External audio: uploaded, or fetched from a URL for a job."""
