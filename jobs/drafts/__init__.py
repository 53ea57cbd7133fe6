"""Drafts: a song's lyrics and plan before it is made."""
