"""How users organise their songs: tags, covers, smart lists and shared playlists."""
