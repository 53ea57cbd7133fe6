"""A title for an unnamed song: from its chorus, else from its caption."""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiomusic.engines.studio.lyrics import LyricSection, split_ad_lib

MAX_WORDS = 6
MAX_CHARS = 48
UNTITLED = "Untitled"

#: Words that stay lowercase in a title and must not end a shortened one.
SMALL_WORDS = frozenset(
    {"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "of", "on", "or"}
    | {"so", "than", "that", "the", "then", "to", "until", "with"}
)


def song_title(caption: str, sections: Sequence[LyricSection]) -> str:
    """Return the chorus's first line (the song's if there is no chorus), or the start of the caption."""
    sung = [section for section in sections if section.lines]
    named = next((section for section in sung if section.kind in ("chorus", "hook")), next(iter(sung), None))
    return _shorten(split_ad_lib(named.lines[0])[0] if named else caption) or _shorten(caption) or UNTITLED


def _shorten(text: str) -> str:
    """Return the first clause of `text` as a title of a few words."""
    clause = re.split(r"[\n,;:.!?…—()\[\]]", text.strip(), maxsplit=1)[0]
    words = clause.split()
    if len(words) > MAX_WORDS:
        words = _before_last_joint(words[:MAX_WORDS])
    while len(words) > 1 and (words[-1].lower() in SMALL_WORDS or len(" ".join(words)) > MAX_CHARS):
        words.pop()
    return " ".join(_cased(word, is_first=not place) for place, word in enumerate(words))[:MAX_CHARS]


def _before_last_joint(words: list[str]) -> list[str]:
    """End a cut line at a pause: before its last small word, if at least two words precede it."""
    joints = [place for place, word in enumerate(words) if place >= 2 and word.lower() in SMALL_WORDS]
    return words[: joints[-1]] if joints else words


def _cased(word: str, *, is_first: bool) -> str:
    return word if word.lower() in SMALL_WORDS and not is_first else word[:1].upper() + word[1:]
