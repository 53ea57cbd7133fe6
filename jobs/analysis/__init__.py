"""Analysis of audio: ordered by a web process, done by a worker."""
