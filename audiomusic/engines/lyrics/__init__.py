"""Lyrics as people paste them, and words as a singer reads them.

No engine and no torch: the web process reads them too.
"""
