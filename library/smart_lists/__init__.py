"""Smart lists: saved searches."""
