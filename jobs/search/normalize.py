"""Normalizing texts for search comparison, the same on every database, whatever its language."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

#: Ends each of a job's texts, so that no match spans two of them. No normalized text contains it. At the very
#: end it is repeated twice, so that the last letters begin a trigram too.
SEPARATOR = "\x1f"

#: Apostrophes and quotation marks: people type one for another, or omit them.
APOSTROPHES = "'`´‘’‚‛ʹʻʼʽˈ′‵׳ꞌ"
QUOTES = '"“”„‟«»‹›「」『』〝〞〟״″'

#: Letters that Unicode does not decompose, as written by people who lack the key; and letters for which two
#: keyboards of one script produce different code points.
_SPELLED = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "ı": "i",
    "ŋ": "ng", "ĸ": "k", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɨ": "i", "ʉ": "u",
    "ё": "е", "ѐ": "е", "ѝ": "и",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ـ": "",
}  # fmt: skip

#: Scripts whose accents only mark pronunciation. In others a mark makes a different letter.
_ACCENTED = ("LATIN ", "GREEK ")
#: Marks that are always removed: standalone accents, Hebrew and Arabic points.
_POINTS = (("\u0300", "\u036f"), ("\u0591", "\u05c7"), ("\u0610", "\u061a"), ("\u064b", "\u0652"),
           ("\u0656", "\u065f"), ("\u0670", "\u0670"), ("\u06d6", "\u06dc"), ("\u06df", "\u06e8"),
           ("\u06ea", "\u06ed"), ("\u0483", "\u0487"), ("\u1ab0", "\u1aff"), ("\u1dc0", "\u1dff"),
           ("\u20d0", "\u20ff"), ("\ufe00", "\ufe0f"), ("\ufe20", "\ufe2f"))  # fmt: skip

#: Scripts without spaces between words: Thai to Burmese, Khmer, Chinese, Japanese.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_PIECE = re.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|[^\s{_UNSPACED}]+")
#: Letters, and the signs of Indian scripts that Python does not count as letters.
_LETTER = rf"(?:[^\W\d_{_UNSPACED}]|[\u0900-\u0963\u0971-\u0dff])"
_WORD = re.compile(rf"(?:{_LETTER}|\d)+")
#: One letter shorter than the shortest corrected word, to one letter longer than the longest.
_DICTIONARY_WORD = re.compile(rf"(?<![^\W_]){_LETTER}{{3,25}}(?![^\W_])")


class _Folds(dict[int, str]):
    """Maps the code point of a lowercase letter to its normalized form; computed on first use."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _fold(chr(code))
        return found


def _fold(letter: str) -> str:
    if letter == "\0":
        return "\ufffd"  # PostgreSQL cannot store it
    if letter == SEPARATOR or letter.isspace():
        return " "
    if letter in APOSTROPHES or letter in QUOTES:
        return ""
    if letter in _SPELLED:
        return _SPELLED[letter]
    category = unicodedata.category(letter)
    if category == "Cf" or any(first <= letter <= last for first, last in _POINTS):
        return ""
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if unicodedata.name(letter, "").startswith(_ACCENTED):
        plain = unicodedata.normalize("NFD", letter)
        return "".join(_SPELLED.get(each, each) for each in plain if not unicodedata.combining(each))
    return letter


_FOLDS = _Folds()


def normalize(text: str) -> str:
    """Normalize a text for comparison: no case, accents, apostrophes, quotation marks or invisible signs, one
    width, and single spaces for white space.

    é becomes e, ø o, ß ss and æ ae; the three Greek sigmas are one; ё becomes е, but й stays й. Marks that
    make a different letter stay: Japanese voicing, the vowels and tones of Indian and Thai scripts. Points
    that are usually omitted in Hebrew and Arabic are removed.
    """
    if text.isascii():
        folded = text.lower().translate(_FOLDS)
    else:
        small = unicodedata.normalize("NFKC", text).casefold()
        folded = unicodedata.normalize("NFKC", small).translate(_FOLDS)
        folded = unicodedata.normalize("NFC", folded)
    return " ".join(folded.split())


def normalize_texts(*texts: str) -> str:
    """Return a job's texts as stored: each normalized and terminated."""
    return "".join(normalize(text) + SEPARATOR for text in texts) + 2 * SEPARATOR


def tokens(folded: str) -> set[str]:
    """Return the tokens of a normalized text: runs without white space; in scripts without spaces, each
    letter and each pair of adjacent letters."""
    words: set[str] = set()
    for match in _PIECE.finditer(folded):
        piece = match[0]
        if match["unspaced"]:
            words.update(piece)
            words.update(map("".join, zip(piece, piece[1:], strict=False)))
        else:
            words.add(piece)
    return words


def dictionary_words(folded: str) -> set[str]:
    """Return the words that can serve as corrections: those of letters alone."""
    return set(_DICTIONARY_WORD.findall(folded))


def words_of(folded: str) -> list[str]:
    """Return the words of a normalized term, of letters and digits only, in scripts with spaces between
    words."""
    return _WORD.findall(folded)


def query_terms(term: str) -> tuple[list[str], list[str]]:
    """Return what a text that holds a normalized term must contain: (parts of words, whole words). If the
    term is a single part or word, every text that contains it holds the term."""
    parts, words = [], []
    for match in _PIECE.finditer(term):
        if match["unspaced"]:
            words += sorted(word for word in tokens(match[0]) if len(word) == min(2, len(match[0])))
        else:
            parts.append(match[0])
    return parts, words


@lru_cache(maxsize=50_000)
def word_id(word: str) -> int:
    """Return a signed 64-bit number for the word. Among a million words the chance that any two collide is 1
    in 37 million."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big", signed=True)
