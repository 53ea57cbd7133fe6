"""Passwords for music players, which the Subsonic protocol sends with every call."""
