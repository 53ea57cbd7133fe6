"""Audio that this server did not make: read within bounds, and understood as far as it can be."""
