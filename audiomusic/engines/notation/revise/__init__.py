"""Changes of a tune that are asked for in words."""
