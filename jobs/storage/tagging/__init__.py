"""Tags of files: they follow the song's row, also after the file was written."""
