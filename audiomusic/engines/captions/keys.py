"""Reads keys in captions: "E-flat minor", "fis-Moll", "la menor", "Am", "D dorian", "変ロ長調"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from audiomusic.engines.captions.lexicon import Lexicon, book_of, table
from audiomusic.engines.captions.quantities import Quantity
from audiomusic.engines.captions.tokens import CaptionToken
from audiomusic.engines.theory import SCALES, Key, Mode, pitch_class

GERMAN_MODES = frozenset({"dur", "moll"})
_COMPACT = re.compile(r"([a-g])(b)?(m|min|maj)")
_LETTERS = re.compile(r"([a-h])(b)?")
LONGEST_COMPACT = 5  # "bbmaj"
BEFORE = frozenset({"in", "key", "of", ":", "en", "em", "auf", "im", "tonart", "is", "="})


@cache
def _book(name: str) -> Lexicon:
    if name == "key_of":
        return book_of({"key_of": table("quantities")["key_of"]["words"]})
    return book_of(table("quantities")[name])


@cache
def _firsts() -> frozenset[str]:
    books = (_book(name) for name in ("key_of", "tonics", "accidentals_before"))
    return frozenset(word for book in books for word in book.firsts())


def begins_key(word: str) -> bool:
    """Return whether a key may start with this word; a quick check that rejects most words."""
    return ("a" <= word[0] <= "h" and len(word) <= LONGEST_COMPACT) or word in _firsts()


def read_key(tokens: Sequence[CaptionToken], start: int, caption: str) -> Quantity | None:
    """Read a key that starts here. A single letter is not a key unless "key of" precedes it."""
    named_end, named = _book("key_of").names(tokens, start)
    if named:
        index = named_end
        while index < len(tokens) and tokens[index].text in (":", "of", "is", "=", "は"):
            index += 1
        found = _tonic(tokens, index)
        if found is None or not _is_note(tokens, index, caption):
            return None
        end, tonic = found
        return _with_mode(tokens, start, end, tonic) or _compact(tokens, index) or _key(tonic, "major", end)
    found = _tonic(tokens, start)
    if found is not None:
        end, tonic = found
        key = _with_mode(tokens, start, end, tonic)
        if key is not None and (
            end - start > 1 or _is_note(tokens, start, caption) or _is_certain(tokens, start, key.end)
        ):
            return key
    if not _stands_alone(tokens, start, caption):
        return None
    return _compact(tokens, start) or _flat_or_sharp(tokens, start)


def _flat_or_sharp(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    """Read a note that cannot be another word: "in Bb", "F#"."""
    text = tokens[start].text
    if len(text) == 2 and text[1] == "b" and text[0] in "abdeg":
        return _key(text[0].upper() + "b", "major", start + 1)
    sign = tokens[start + 1] if start + 1 < len(tokens) else None
    is_sharp = text in ("c", "d", "f", "g") and sign is not None and sign.text in ("#", "♯") and not sign.gap
    return _key(text.upper() + "#", "major", start + 2) if is_sharp else None


def _tonic(tokens: Sequence[CaptionToken], start: int) -> tuple[int, str] | None:
    """Read a note's name: a letter or a syllable, with its accidental on either side."""
    if start >= len(tokens):
        return None
    index, before = _book("accidentals_before").names(tokens, start)
    if index >= len(tokens):
        return None
    text = tokens[index].text
    letters = _LETTERS.fullmatch(text)
    if letters and not (letters[1] == "h" and letters[2]):
        name, end = letters[1].upper() + (letters[2] or ""), index + 1
    else:
        end, found = _book("tonics").names(tokens, index)
        if found is None:
            return None
        name = found
    after, accidental = _book("accidentals").names(tokens, end)
    if accidental and len(name) == 1 and tokens[end].text != "b":
        name, end = name + accidental, after
    if before and len(name) == 1:
        name += before
    return end, name


def _with_mode(tokens: Sequence[CaptionToken], start: int, end: int, tonic: str) -> Quantity | None:
    after, mode = _book("modes").names(tokens, end)
    if mode is None or mode in ("pentatonic", "atonal", "whole-tone"):
        return None
    if any(token.text in GERMAN_MODES for token in tokens[end:after]) and tokens[start].text == "b":
        tonic = "Bb"  # as in German
    return _key("B" if tonic == "H" else tonic, mode, after)


def _key(tonic: str, mode: str, end: int) -> Quantity:
    played, is_near = played_mode(mode)
    name = Key(pitch_class("B" if tonic == "H" else tonic), played).name
    return Quantity("key", name, end, nearest_to=mode if is_near else None)


def played_mode(name: str) -> tuple[Mode, bool]:
    """Return the mode that is played, and whether it only approximates the named one."""
    if own := next((mode for mode in SCALES if mode == name), None):
        return own, False
    played = table("quantities")["played_modes"][name]
    return played["mode"], played.get("near", False)


def _compact(tokens: Sequence[CaptionToken], start: int) -> Quantity | None:
    """Read "Am", "Bbm", "F#m"."""
    match = _COMPACT.fullmatch(tokens[start].text)
    if match:
        return _key(match[1].upper() + (match[2] or ""), "major" if match[3] == "maj" else "minor", start + 1)
    texts = [token.text for token in tokens[start : start + 3]]
    is_sharp = len(texts) == 3 and re.fullmatch("[a-g]", texts[0]) and texts[1] in ("#", "♯", "♭")
    if is_sharp and texts[2] in ("m", "min", "maj") and not tokens[start + 2].gap:
        accidental = "b" if texts[1] == "♭" else "#"
        return _key(texts[0].upper() + accidental, "major" if texts[2] == "maj" else "minor", start + 3)
    return None


def _is_note(tokens: Sequence[CaptionToken], index: int, caption: str) -> bool:
    """Return whether it is a note. A single letter has to be a capital; syllables and other scripts are notes
    as they are."""
    text = tokens[index].text
    if len(text) > 1 or not text.isascii():
        return True
    return caption[tokens[index].start].isupper()


def _is_certain(tokens: Sequence[CaptionToken], start: int, end: int) -> bool:
    """Return whether a lower-case letter before its mode is a key: "in c minor" is; "a minor" only at the end
    of a phrase."""
    if tokens[start].text != "a":
        return True
    ends = end >= len(tokens) or not tokens[end].is_word
    return ends and start > 0 and tokens[start - 1].text in BEFORE


def _stands_alone(tokens: Sequence[CaptionToken], start: int, caption: str) -> bool:
    token = tokens[start]
    if start and tokens[start - 1].text == "i":
        return False  # "I Am"
    is_shouted = token.end - token.start > 1 and caption[token.start : token.end].isupper()
    if not caption[token.start].isupper() or is_shouted:
        return False
    found = _compact(tokens, start) or _flat_or_sharp(tokens, start)
    if found is None:
        return False
    after = found.end >= len(tokens) or not tokens[found.end].is_word
    return after or (start > 0 and tokens[start - 1].text in BEFORE)
