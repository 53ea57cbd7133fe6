"""Changes a tune as requested in words."""
