"""Work on songs that exist: which is meant, and what is done to it."""
