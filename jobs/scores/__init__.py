"""Score-first music: a song is written, read and changed as a score, and then performed."""
