"""A user's tag: its allowed characters, and when two tags are equal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from audiomusic.http.fields import read_text
from jobs.search.normalize import normalize

TAG_CHARS = 40
SEPARATOR = ","  # between tags in a form's single-line field, so not allowed in tags
#: Joiners affect the shape of letters in Persian, Indic scripts and emoji; other format characters are
#: invisible or change the text direction.
JOINERS = "\u200c\u200d"


class TagInvalid(ValueError):
    """The text is not a valid tag; the message says why."""


def tag_word(text: str) -> str:
    """Return the tag for a text: composed, with single spaces and no leading #. Raises TagInvalid."""
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
    """Return a key that is equal for equal tags, regardless of case and width."""
    return normalize(unicodedata.normalize("NFKC", word))


def tag_words(texts: Iterable[str]) -> list[str]:
    """Return the distinct tags of the texts, in order. Raises TagInvalid."""
    words: dict[str, str] = {}
    for text in texts:
        word = tag_word(text)
        words.setdefault(tag_key(word), word)
    return list(words.values())


def split_line(line: str) -> list[str]:
    """Split a form's single-line field at commas."""
    return [part for part in (piece.strip() for piece in line.split(SEPARATOR)) if part]
