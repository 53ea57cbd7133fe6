"""Playlists: songs in an order that the user chooses."""
