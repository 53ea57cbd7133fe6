"""Bulk operations on songs: like, add to a playlist, download, and delete with a few seconds to undo."""
