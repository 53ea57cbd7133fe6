"""Work on songs that exist: their scores read back, their masters taken apart."""
