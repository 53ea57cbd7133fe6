"""Extracts the singable part of a line."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category, normalize

from audiomusic.engines.lyrics.words import fold, words_of

#: Unpronounceable Unicode categories: control, surrogate, private, unassigned, emoji.
ORNAMENTS = frozenset({"Cc", "Cs", "Co", "Cn", "So"})
SAID_SIGNS = frozenset("°№♥❤")  # category So, but pronounced

_STRAY = re.compile(r"#(?!\d)|[\[\]【】{}<>()（）*_~|\"“”«»♪♫［］「」『』《》〈〉〔〕]")
_ASIDE = re.compile(r"[\[(（*]([^\[\]()（）*\n]{2,24})[\])）*]")


@lru_cache(maxsize=4096)  # each reader cleans the line
def clean_line(line: str) -> str:
    """Return the line without control, direction and ornament characters, and with single spaces."""
    kept = "".join(map(_kept, line))
    return " ".join(_STRAY.sub(" ", normalize("NFC", kept)).split())


@lru_cache(maxsize=4096)
def _kept(char: str) -> str:
    kind = category(char)
    if kind == "Cf":
        return ""
    return " " if kind in ORNAMENTS and char not in SAID_SIGNS else char


def is_singable(line: str) -> bool:
    return any(char.isalnum() for char in line)


def without_directions(line: str) -> str:
    """Remove brackets with directions: "(music)", "[laughs]", "*whispers*"."""
    return _ASIDE.sub(
        lambda found: "" if fold(found[1]) in words_of("marks", "directions") else found[0], line
    )
