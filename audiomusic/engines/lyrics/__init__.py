"""Reads pasted lyrics, and words as a singer pronounces them.

Needs neither an engine nor torch, since the web process uses it too.
"""
