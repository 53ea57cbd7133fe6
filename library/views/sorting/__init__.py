"""How users keep their songs in order: tags, covers, smart lists, shared playlists."""
