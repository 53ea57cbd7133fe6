"""What the page that asks for a song offers and says, read from tables."""
