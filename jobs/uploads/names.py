"""The sender's file names: for display, never used as a path."""

from __future__ import annotations

import unicodedata

MAX_CHARS = 200


def tidy_file_name(text: str) -> str:
    """Return the last part of a Unix or Windows path, on one line, without invisible characters."""
    leaf = text.replace("\\", "/").rpartition("/")[2]
    seen = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in leaf)
    return " ".join("".join(seen).split())[:MAX_CHARS]
