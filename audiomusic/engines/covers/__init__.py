"""Song covers: drawn as pictures for clients that cannot draw them, and read from uploaded files."""
