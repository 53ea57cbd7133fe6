"""The sentences that test the lyricist, and whether a song contains a word of its sentence."""

import tomllib
import unicodedata
from pathlib import Path
from typing import NamedTuple

ENDINGS = frozenset(
    [
        "s",
        "es",
        "e",
        "ed",
        "d",
        "ing",
        "ning",
        "ting",
        "ming",
        "ping",
        "n",
        "en",
        "er",
        "r",
        "es",
        "a",
        "o",
        "as",
        "os",
        "an",
        "ando",
        "iendo",
        "ar",
        "ir",
        "aba",
        "t",
        "ent",
        "st",
        "te",
        "ns",
        "m",
        "'s",
    ]
) | {""}


class Sentence(NamedTuple):
    language: str
    query: str
    words: tuple[str, ...]
    main: tuple[str, ...]
    mood: str


def load(name="sentences.toml"):
    data = tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return [
        Sentence(language, row["query"], tuple(row["words"]), tuple(row["main"]), row.get("mood", ""))
        for language, rows in data.items()
        for row in rows
    ]


def plain(text):
    """Return the words in lower case, without accents."""
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return ["".join(filter(str.isalnum, word)) for word in folded.replace("-", " ").replace("'", " ").split()]


def same_word(one, other):
    """Return whether two words are forms of one: the same beginning, followed by inflectional endings."""
    shared = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one == other or (shared >= 3 and one[shared:] in ENDINGS and other[shared:] in ENDINGS)


def holds(text, word):
    """Return whether the text contains the word in any form. In German, also within a compound or without a
    separated prefix ("aufhört": "hört … auf")."""
    words = plain(text)
    return all(any(_is_said(part, word) for word in words) for part in plain(word))


def _is_said(part, word):
    in_compound = len(part) > 5 and part in word
    return same_word(word, part) or in_compound or (len(word) >= 4 and part.endswith(word))


def missing(sentence, written):
    text = f"{written.title}\n{written.lyrics}"
    return [word for word in sentence.words if not holds(text, word)]


def hook_of(lyrics):
    """Return the first line of the chorus."""
    return lyrics.split("[Chorus]\n", 1)[-1].split("\n", 1)[0]
