"""Rework existing songs: read their scores back and take their masters apart."""
