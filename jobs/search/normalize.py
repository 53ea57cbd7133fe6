"""How texts are compared when jobs are searched: the same on every database, whatever its language is."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

#: Ends each of a job's texts, so that nothing is found across two of them. No folded text holds it.
#: At the very end it stands twice more: the last letters too begin a group of three.
SEPARATOR = "\x1f"

#: What PostgreSQL cannot store; what is ours; what is another letter only where nobody speaks Turkish.
_REPLACED = {0x00: "\ufffd", 0x1F: " ", ord("ı"): "i"}

#: Scripts that put no space between words: Thai to Burmese, Khmer, Chinese, Japanese.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|[^\s{_UNSPACED}]+")


def normalize(text: str) -> str:
    """The text without case, by Unicode's full case folding, in its composed form.

    É and é are the same, also where the accent is a character of its own; ß is ss, the three Greek
    sigmas are one, and so are the Turkish I, ı, İ and i. Accents stay: e does not find é.
    """
    if text.isascii():
        return text.translate(_REPLACED).lower()
    folded = unicodedata.normalize("NFC", text).translate(_REPLACED).casefold().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", folded)


def normalize_texts(*texts: str) -> str:
    """What is kept of a job's texts: each folded and ended."""
    return "".join(normalize(text) + SEPARATOR for text in texts) + 2 * SEPARATOR


def tokens(folded: str) -> set[str]:
    """What a folded text is made of: runs without white space; of scripts that are written without any,
    each letter and each two that stand together."""
    words: set[str] = set()
    for match in _PIECE.finditer(folded):
        piece = match[0]
        if match["unspaced"]:
            words.update(piece)
            words.update(map("".join, zip(piece, piece[1:], strict=False)))
        else:
            words.add(piece)
    return words


def query_terms(term: str) -> tuple[list[str], list[str]]:
    """What a text that holds a folded term must hold: (parts of words, whole words).

    A term of one part, or of one word, is held by every text that holds that."""
    parts, words = [], []
    for match in _PIECE.finditer(term):
        if match["unspaced"]:
            words += sorted(word for word in tokens(match[0]) if len(word) == min(2, len(match[0])))
        else:
            parts.append(match[0])
    return parts, words


@lru_cache(maxsize=50_000)
def word_id(word: str) -> int:
    """A number of 64 bits, with a sign, that stands for the word. Among a million words the chance
    that any two share one is 1 in 37 million."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big", signed=True)
