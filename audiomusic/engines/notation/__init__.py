"""Scores as people write them: ABC and MusicXML, read and written."""
