"""What senders call their files: shown to people, and never a path."""

from __future__ import annotations

import unicodedata

MAX_CHARS = 200


def tidy_file_name(text: str) -> str:
    """The last part of a path in either spelling, on one line, without what cannot be seen."""
    leaf = text.replace("\\", "/").rpartition("/")[2]
    seen = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in leaf)
    return " ".join("".join(seen).split())[:MAX_CHARS]
