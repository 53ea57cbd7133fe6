"""A tag as its owner writes it: what it may hold, and when two are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from audiomusic.http.fields import read_text
from jobs.search.normalize import normalize

TAG_CHARS = 40
SEPARATOR = ","  # between tags in a form's one line, hence in none
#: Joiners change how letters look in Persian, in Indic scripts and in emoji; other format characters are
#: invisible, or turn the text around.
JOINERS = "\u200c\u200d"


class TagInvalid(ValueError):
    """The text is no tag; the message says why."""


def tag_word(text: str) -> str:
    """The tag that a text says: composed, with single spaces, without a # before it. Raises TagInvalid."""
    try:
        composed = unicodedata.normalize("NFC", read_text(text))
    except ValueError as error:
        raise TagInvalid(str(error)) from None
    visible = "".join(each for each in composed if unicodedata.category(each) != "Cf" or each in JOINERS)
    word = " ".join(visible.split()).lstrip("#").strip()
    if not tag_key(word).strip(JOINERS):
        raise TagInvalid("Expected a tag with a letter, a digit or a symbol, got none.")
    if len(word) > TAG_CHARS:
        raise TagInvalid(f"Expected a tag of at most {TAG_CHARS} characters, got {len(word)}.")
    if SEPARATOR in word:
        raise TagInvalid("Expected a tag without a comma, got one with a comma: send each tag separately.")
    return word


def tag_key(word: str) -> str:
    """Equal for tags that are the same: case and width do not matter."""
    return normalize(unicodedata.normalize("NFKC", word))


def tag_words(texts: Iterable[str]) -> list[str]:
    """The tags that the texts say, each once, in their order. Raises TagInvalid."""
    words: dict[str, str] = {}
    for text in texts:
        word = tag_word(text)
        words.setdefault(tag_key(word), word)
    return list(words.values())


def split_line(line: str) -> list[str]:
    """The texts between the commas of a form's one line."""
    return [part for part in (piece.strip() for piece in line.split(SEPARATOR)) if part]
