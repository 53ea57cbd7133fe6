"""Add new music to audio that this server did not make, on the grid detected in it."""
