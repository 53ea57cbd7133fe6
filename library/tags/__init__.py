"""The users' own tags for songs."""
