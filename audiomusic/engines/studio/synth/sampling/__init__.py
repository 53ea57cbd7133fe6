"""Sampler: recorded instruments as keyboard zones, their recordings, and the rendering of notes."""
