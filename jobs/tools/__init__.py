"""Tools for existing songs: finding the source, and the work on it."""
