"""Options and texts of the page that creates a song, read from tables."""
