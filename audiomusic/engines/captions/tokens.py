"""Splits a caption into words with their positions, in time linear in its length."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_CHARS = 4096  # per caption, twice what a request allows; the rest is not read
VOICING_MARKS = "\u3099\u309a"  # of half-width kana: separate characters until composed

#: Scripts written without spaces: each character is a token (Thai, Lao, Khmer, kana, Han, Hangul).
UNSPACED = (
    "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0003ffff"
)
_WORD = rf"(?:[^\W_{UNSPACED}]|[\u0900-\u0dff])"
#: A number (with a unit directly after it), a word, a character, or punctuation.
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)?(?=(?:bpm|sec|secs|min|mins)\b)|\d+(?:[.,]\d+)?(?!{_WORD})|{_WORD}+|[{UNSPACED}]"
    r"|[^\w\s'’`´_*\"“”„«»–—−-]|\n"
)
_DASHES = re.compile(r"[-–—−]")
KANA = re.compile(r"[\u3041-\u30fa]")


@dataclass(frozen=True, slots=True)
class CaptionToken:
    """One word. `text` is lower-case without accents; `gap` is the text skipped before it."""

    text: str
    start: int  # in the caption
    end: int
    gap: str = ""

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum() or self.text[0] > "\u2fff" or bool(self.text[1:])

    @property
    def is_joined(self) -> bool:
        """Whether it is written together with the previous word: "drum-free"."""
        return self.gap in ("-", "'", "’", "‐")

    @property
    def is_minus(self) -> bool:
        """Whether a minus precedes it that applies only to it: "pop -drums". A list's dash is at the start of
        a line."""
        return self.gap[-1:] in ("-", "−") and self.gap[:-1].isspace()


@lru_cache(maxsize=8192)
def plain(char: str) -> str:
    """Return a character without case and accents."""
    decomposed = unicodedata.normalize("NFKD", char.casefold())
    kept = "".join(part for part in decomposed if unicodedata.combining(part) in (0, 8))
    return unicodedata.normalize("NFC", kept)


def _folded(text: str) -> tuple[str, list[int]]:
    """Return `text` without case, accents and width, and the original position of each character."""
    signs: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text[:MAX_CHARS]):
        for sign in plain(char):
            if sign in VOICING_MARKS and signs:
                signs[-1] = unicodedata.normalize("NFC", signs[-1] + sign)[:1]
            elif len(signs) < MAX_CHARS:
                signs.append(sign)
                places.append(place)
    return "".join(signs), places


def tokens_of(text: str) -> list[CaptionToken]:
    """Return the tokens of a caption, with offsets into the original text."""
    folded, places = _folded(text)
    tokens: list[CaptionToken] = []
    end = 0
    for match in _TOKEN.finditer(folded):
        gap = folded[end : match.start()]
        tokens.append(CaptionToken(match[0], places[match.start()], places[match.end() - 1] + 1, gap))
        end = match.end()
    return tokens


def is_separated(token: CaptionToken) -> bool:
    """Return whether a free-standing dash separates it from what precedes: "pop – calm"."""
    inner = token.gap.strip()
    return (
        bool(inner) and bool(_DASHES.search(inner)) and token.gap[:1].isspace() and token.gap[-1:].isspace()
    )
