"""Finds phrases and their meanings in text of any script, in time linear in its length."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

MAX_CHARS = 20_000  # per text; the rest is not read

#: Scripts written without spaces: each character is a token (Thai, Lao, Khmer, kana, Han, Hangul).
_UNSPACED = (
    "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0003ffff"
)
#: A word. `\w` does not match Indic vowel signs, which belong to words. "&" and "/" are words too.
_TOKEN = re.compile(rf"(?:[^\W_{_UNSPACED}]|[\u0900-\u0dff])+|[{_UNSPACED}]|[&/]|[^\w\s&/'’`´_#*\"“”・-]+|\n")


class Meaning(NamedTuple):
    kind: str  # "genre", "emotion", "occasion", or a sign's effect: "refusing", "joining"…
    name: str


def fold(text: str) -> str:
    """Return `text` without differences in case, accents and width. At most MAX_CHARS are read."""
    text = text[:MAX_CHARS].casefold()
    # Character by character: normalising a long run of accents at once takes quadratic time.
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", "".join(map(_plain, text))[:MAX_CHARS])


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    """Return a character without its accents; the voicing marks of kana (class 8) are not accents."""
    decomposed = unicodedata.normalize("NFKD", char)
    return "".join(part for part in decomposed if unicodedata.combining(part) in (0, 8))


def tokens_of(text: str) -> list[str]:
    """Split into words, single characters of unspaced scripts, and punctuation that separates phrases."""
    return _TOKEN.findall(fold(text))


class _Node:
    __slots__ = ("branches", "meanings")

    def __init__(self) -> None:
        self.branches: dict[str, _Node] = {}
        self.meanings: tuple[Meaning, ...] = ()


class Phrasebook:
    """Phrases and their meanings, as a tree with a branch for each next word.

    Finding the longest phrase at a position reads at most `depth` tokens, whatever the text.
    """

    def __init__(self) -> None:
        self._root = _Node()
        self.depth = 0

    def add(self, phrase: str, meaning: Meaning) -> None:
        node, tokens = self._root, tokens_of(phrase)
        for token in tokens:
            node = node.branches.setdefault(token, _Node())
        node.meanings = (*node.meanings, meaning)
        self.depth = max(self.depth, len(tokens))

    def longest(self, tokens: Sequence[str], start: int) -> tuple[int, tuple[Meaning, ...]]:
        """Return the end of the longest phrase at `start`, and its meanings; `(start, ())` if there is
        none."""
        node, end = self._root, start
        meanings: tuple[Meaning, ...] = ()
        for index in range(start, len(tokens)):
            following = node.branches.get(tokens[index])
            if following is None:
                break
            node = following
            if node.meanings:
                end, meanings = index + 1, node.meanings
        return end, meanings
