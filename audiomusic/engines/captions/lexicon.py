"""The meanings of words in captions, from `words/*.toml` and the shared vocabulary."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from audiomusic.engines.captions.tokens import CaptionToken, tokens_of
from audiomusic.engines.taxonomy import vocabulary

WORDS_DIR = Path(__file__).parent / "words"
TAG_KINDS = frozenset({"genre", "mood", "occasion"})
IDIOM = "idiom"  # phrases whose words are not a genre, mood or occasion here
SCRIPTS = ("ja", "zh")  # whose words only apply with kana, and only without, respectively
ARABIC_PREFIXES = ("وال", "بال", "فال", "كال", "ال", "لل", "و", "ب")
SHORTEST_TELLING = 2  # minimum length of a word with a meaning of its own
ARABIC_STEM = 2  # minimum length of the rest
DUETS = ("duet", "duo", "duett", "dueto", "duetto")


@dataclass(frozen=True)
class PhraseMeaning:
    """One possible meaning of a phrase."""

    kind: str
    name: str
    value: tuple[str, ...] = ()
    family: tuple[str, ...] = ()  # what a refusal removes
    is_near: bool = False
    script: str = ""


@dataclass
class _Node:
    branches: dict[str, _Node] = field(default_factory=dict)
    meanings: tuple[PhraseMeaning, ...] = ()


class Lexicon:
    """Phrases as a tree with a branch for each next word, which finds the longest match directly."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, phrase: str, meaning: PhraseMeaning) -> None:
        node = self._root
        for token in tokens_of(phrase):
            node = node.branches.setdefault(token.text, _Node())
        if meaning not in node.meanings and node is not self._root:
            node.meanings = (*node.meanings, meaning)

    def longest(
        self,
        tokens: Sequence[CaptionToken],
        start: int,
        skipped: frozenset[str] = frozenset(),
        kana: bool = False,
    ) -> tuple[int, tuple[PhraseMeaning, ...]]:
        """Return the end of the longest phrase at `start`, and its meanings; `(start, ())` if there is
        none."""
        node, end = self._root, start
        found: tuple[PhraseMeaning, ...] = ()
        for index in range(start, len(tokens)):
            following = _branch(node, tokens[index].text)
            if following is None:
                break
            node = following
            holding = tuple(m for m in node.meanings if m.kind not in skipped and _holds(m, kana))
            if holding:
                end, found = index + 1, holding
        return end, found

    def firsts(self) -> frozenset[str]:
        """Return the words with which phrases start."""
        return frozenset(self._root.branches)

    def names(self, tokens: Sequence[CaptionToken], start: int, kana: bool = False) -> tuple[int, str | None]:
        """Return the end and the first name of the longest phrase."""
        end, found = self.longest(tokens, start, kana=kana)
        return end, found[0].name if found else None


def _branch(node: _Node, word: str) -> _Node | None:
    """Return a word's branch; for Arabic also without prefixes that are written together with the word."""
    found = node.branches.get(word)
    if found is not None or not "\u0620" <= word[0] <= "\u06d3":
        return found
    for prefix in ARABIC_PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= ARABIC_STEM:
            found = node.branches.get(word[len(prefix) :])
            if found is not None:
                return found
    return None


def _holds(meaning: PhraseMeaning, kana: bool) -> bool:
    return not meaning.script or (meaning.script == "ja") == kana


@cache
def table(name: str) -> dict[str, Any]:
    """Load the table `words/<name>.toml`."""
    return tomllib.loads((WORDS_DIR / f"{name}.toml").read_text(encoding="utf-8"))


def book_of(rows: Mapping[str, Iterable[str]], kind: str = "") -> Lexicon:
    """Build a small lexicon from name -> its phrases."""
    book = Lexicon()
    for name, phrases in rows.items():
        for phrase in phrases:
            book.add(phrase, PhraseMeaning(kind, name))
    return book


@cache
def filler() -> frozenset[str]:
    """Return the words that request nothing."""
    words = (word for text in table("filler").values() for word in text.split())
    return frozenset(token.text for word in words if not _is_sign_phrase(word) for token in tokens_of(word))


def _is_sign_phrase(word: str) -> bool:
    """Return whether it is a word of an unspaced script, whose characters are not fillers by themselves."""
    return len(word) > 1 and word[0] > "\u2fff"


@cache
def lexicon() -> Lexicon:
    """Return all phrases that the grammar knows."""
    book = Lexicon()
    for phrase, meaning in _meanings():
        book.add(phrase, meaning)
    return book


@cache
def instruments_called(name: str) -> tuple[str, ...]:
    """Return the instruments with this name in captions; empty if the band has none with it."""
    tokens = tokens_of(name)
    end, found = lexicon().longest(tokens, 0)
    meaning = next((each for each in found if each.kind == "instrument" and not each.is_near), None)
    return (meaning.family or meaning.value) if meaning and end == len(tokens) else ()


def music_phrases() -> list[str]:
    """Return the single words in the names of instruments, singers, decades and tempi; words of phrases
    without a meaning of their own are omitted."""
    rows = [row["words"] for name in ("instruments", "voices") for row in table(name).values()]
    rows += [row["words"] for name in ("pace", "decade") for row in table("quantities")[name]]
    words = (word for row in rows for phrase in row for word in phrase.casefold().split())
    return [word for word in words if len(word) > SHORTEST_TELLING and word not in filler()]


def _meanings() -> Iterator[tuple[str, PhraseMeaning]]:
    for text in table("filler").values():
        yield from ((word, PhraseMeaning("filler", word)) for word in text.split() if _is_sign_phrase(word))
    yield from _signs()
    yield from _band()
    yield from _form()
    yield from _places()
    yield from _mix()
    yield from _tags()
    for row in table("quantities")["pace"]:
        for word in row["words"]:
            yield word, PhraseMeaning("pace", str(row["place"]))
    for row in table("quantities")["decade"]:
        for word in row["words"]:
            yield word, PhraseMeaning("era", row["name"], is_near="near" in row)
    for name, words in table("quantities")["metres"].items():
        for word in words:
            yield word, PhraseMeaning("metre", name)
    for name, words in table("quantities")["modes"].items():
        for word in words:
            yield word, PhraseMeaning("mode", name)


def _signs() -> Iterator[tuple[str, PhraseMeaning]]:
    for kind, languages in table("signs").items():
        if kind == "endings":
            continue
        for language, words in languages.items():
            script = language if language in SCRIPTS else ""
            for word in words:
                yield word, PhraseMeaning(kind, word, script=script)
    for word in table("acappella")["words"]:
        yield word, PhraseMeaning("unaccompanied", word)


def _band() -> Iterator[tuple[str, PhraseMeaning]]:
    for name, row in table("instruments").items():
        value = tuple(row["value"])
        meaning = PhraseMeaning(
            "instrument", name, value, tuple(row.get("family", value)), row.get("near", False)
        )
        for word in row["words"]:
            yield word, meaning
            yield from ((plural, meaning) for plural in _plurals(word))
            yield from ((f"{word} {duet}", meaning) for duet in DUETS)  # two players, no singers
    for name, row in table("drums").items():
        pieces = tuple(row.get("pieces", ()))
        meaning = PhraseMeaning("drums", name, pieces, is_near=row.get("near", False))
        for word in row["words"]:
            yield word, meaning
    for name, row in table("voices").items():
        for word in row["words"]:
            yield word, PhraseMeaning("voice", name, tuple(row["value"]))
            yield from (
                (plural, PhraseMeaning("voice", name, tuple(row["value"]))) for plural in _plurals(word)
            )


def _plurals(word: str) -> Iterator[str]:
    if word.isascii() and word[-1:].isalpha() and word[-1:] not in "sxz" and len(word) > 2:
        yield word + "s"


def _form() -> Iterator[tuple[str, PhraseMeaning]]:
    form = table("form")
    for name, words in form["sections"].items():
        for word in words:
            yield word, PhraseMeaning("section", name)
    for name, words in form["forms"].items():
        for word in words:
            yield word, PhraseMeaning("form", name)
    for kind in ("start", "finish"):
        for word in form[kind]["words"]:
            yield word, PhraseMeaning(kind, word)
        for word in form[kind]["behind"]:
            yield word, PhraseMeaning(f"{kind}_behind", word)
    for kind in ("at_once", "short", "long", "solo"):
        for word in form[kind]["words"]:
            yield word, PhraseMeaning(kind, word)


def _places() -> Iterator[tuple[str, PhraseMeaning]]:
    places = table("places")
    for kind, rows in (
        ("when", "before"),
        ("when_behind", "behind"),
        ("edge", "edges"),
        ("ordinal", "ordinals"),
    ):
        for name, words in places[rows].items():
            for word in words:
                yield word, PhraseMeaning(kind, name)
    for name, words in places["whole"].items():
        for word in words:
            yield word, PhraseMeaning("place", "in", (name,))
    for kind in ("enter", "leave", "has"):
        for word in places[kind]["words"]:
            yield word, PhraseMeaning(kind, word)


def _mix() -> Iterator[tuple[str, PhraseMeaning]]:
    mix = table("mix")
    for name in ("dry", "wet", "wide", "narrow"):
        for word in mix[name]["words"]:
            yield word, PhraseMeaning("mix", name, (mix[name]["opposite"],))
    for name in ("up", "down"):
        for place in ("before", "behind"):
            for word in mix[name][place]:
                yield word, PhraseMeaning(f"level_{place}", name)
    for name, words in mix["absent"]["words"].items():
        for word in words:
            yield word, PhraseMeaning("sound", name)


def _tags() -> Iterator[tuple[str, PhraseMeaning]]:
    known = vocabulary()
    tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("genre", known.genres),
        ("mood", known.emotions),
        ("occasion", known.occasions),
    )
    for kind, rows in tables:
        for name, row in rows.items():
            for word in (*([] if row.silent else [name]), *row.words):
                yield word, PhraseMeaning(kind, name)
    for phrase in known.signs["idioms"]:
        yield phrase, PhraseMeaning(IDIOM, phrase)
