"""Recorded instruments: a keyboard's zones, their recordings, and how a note is made of them."""
