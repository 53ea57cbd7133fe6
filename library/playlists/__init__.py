"""Playlists: songs in an order of one's own."""
