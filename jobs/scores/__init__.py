"""Score-first music: a song is written, read and revised as a score, and then recorded."""
