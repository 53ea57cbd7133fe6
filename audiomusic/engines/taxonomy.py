"""The vocabulary by which songs are found: genres, emotions and occasions.

`words/vocabulary.toml` is its only source. Presets, the tags of jobs and the planning of songs all use it, so
"lofi", "lo-fi" and "Lo Fi" are one genre everywhere.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from audiomusic.engines.languages import MARKED, guess_language
from audiomusic.engines.phrase_matcher import MAX_CHARS, Meaning, Phrasebook, tokens_of

__all__ = [
    "Emotion", "Genre", "Occasion", "Tags", "Vocabulary", "families", "genre_named", "guess_language",
    "named", "read_vocabulary", "tags_of", "vocabulary",
]  # fmt: skip

WORDS_FILE = Path(__file__).parent / "words" / "vocabulary.toml"
KINDS = ("genre", "emotion", "occasion")
MAX_TAGS = 5  # of one kind
LYRICS_HITS = 2  # how often lyrics must say what the caption does not
REACH = 4  # a "no" applies to the next vocabulary word within this many words


@dataclass(frozen=True)
class Genre:
    """`family` is its preset genre, `style` the genre that it is composed as."""

    name: str
    family: str
    words: tuple[str, ...] = ()
    silent: bool = False  # the bare name in a text does not mean it
    style: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "style", self.style or self.family)


@dataclass(frozen=True)
class Emotion:
    """`energy` is added to the genre's (0 to 1), `tempo` is a factor, `mode` the key's preferred mode."""

    name: str
    words: tuple[str, ...] = ()
    silent: bool = False
    lyrics: bool = True  # lyrics can express it too
    energy: float = 0.0
    tempo: float = 1.0
    mode: str | None = None


@dataclass(frozen=True)
class Occasion:
    """`style` is the genre that it is composed as if none is named; `energy` is as for emotions."""

    name: str
    words: tuple[str, ...] = ()
    silent: bool = False
    lyrics: bool = True
    energy: float = 0.0
    style: str | None = None


@dataclass(frozen=True)
class Tags:
    """Display names, at most MAX_TAGS of each kind, the most relevant first."""

    genres: tuple[str, ...] = ()
    emotions: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """Every value by its display name, and the phrasebook that finds them."""

    genres: dict[str, Genre]
    emotions: dict[str, Emotion]
    occasions: dict[str, Occasion]
    signs: dict[str, list[str]]
    book: Phrasebook = field(default_factory=Phrasebook)
    names: dict[tuple[str, ...], str] = field(default_factory=dict)  # (kind, *tokens) -> display name

    def __post_init__(self) -> None:
        for kind, table in (("genre", self.genres), ("emotion", self.emotions), ("occasion", self.occasions)):
            for value in table.values():
                self._add(Meaning(kind, value.name), value.name, searched=not value.silent)
                for word in value.words:
                    self._add(Meaning(kind, value.name), word)
        for sign, phrases in self.signs.items():
            for phrase in phrases:
                self._add(Meaning(sign, phrase), phrase)
        self._check()

    def _add(self, meaning: Meaning, phrase: str, searched: bool = True) -> None:
        tokens = tokens_of(phrase)
        if not tokens:
            raise ValueError(f"{meaning.kind} {meaning.name}: {phrase!r} holds no word")
        rivals = [meaning.kind] if meaning.kind in KINDS else [*KINDS, *self.signs]
        for kind in rivals:
            if other := self.names.get((kind, *tokens)):
                raise ValueError(
                    f"{phrase!r} is {kind} {other!r} and {meaning.kind} {meaning.name!r}: wanted one"
                )
        self.names[(meaning.kind, *tokens)] = meaning.name
        if searched:
            self.book.add(phrase, meaning)

    def _check(self) -> None:
        for genre in self.genres.values():
            head = self.genres.get(genre.family)
            if head is None or head.family != head.name:
                raise ValueError(f"genre {genre.name!r}: {genre.family!r} heads no family")
        styled: list[Genre | Occasion] = [*self.genres.values(), *self.occasions.values()]
        for value in styled:
            if value.style and value.style not in self.genres:
                raise ValueError(f"{value.name!r}: style {value.style!r} is no genre")


def read_vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary of a parsed TOML file. Raises ValueError naming what is wrong in it."""
    try:
        return Vocabulary(
            genres={name: Genre(name, **_row(row)) for name, row in data["genres"].items()},
            emotions={name: Emotion(name, **_row(row)) for name, row in data["emotions"].items()},
            occasions={name: Occasion(name, **_row(row)) for name, row in data["occasions"].items()},
            signs=data["signs"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the vocabulary cannot be read: {error}") from error


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "words": tuple(row["words"])}


@cache
def vocabulary() -> Vocabulary:
    """Load `words/vocabulary.toml`, on first use."""
    return read_vocabulary(tomllib.loads(WORDS_FILE.read_text(encoding="utf-8")))


def families() -> tuple[str, ...]:
    """Return the genres that head a family, in file order; presets are named after them."""
    return tuple(name for name, genre in vocabulary().genres.items() if genre.family == name)


def named(kind: str, text: str) -> str | None:
    """Return the display name of the genre, emotion or occasion that `text` as a whole names: "rnb" ->
    "R&B"."""
    return vocabulary().names.get((kind, *tokens_of(text)))


def genre_named(text: str) -> Genre | None:
    """Return the genre that `text` as a whole names."""
    name = named("genre", text)
    return vocabulary().genres[name] if name else None


@dataclass
class _Refusal:
    """The reach of a "no" while a text is read."""

    reach: int = 0
    spoken: bool = False  # this clause refused something, so "or" refuses more
    kinds: frozenset[str] = frozenset()  # of the word just refused; "and" refuses more of the same kind
    joined: frozenset[str] = frozenset()

    def pass_word(self, token: str) -> None:
        self.kinds = self.joined = frozenset()
        self.reach = max(0, self.reach - 1)
        if not token[0].isalnum():
            self.end()

    def end(self) -> None:
        self.reach, self.spoken, self.kinds, self.joined = 0, False, frozenset(), frozenset()

    def read_sign(self, sign: str) -> None:
        if sign == "refusing":
            self.reach, self.spoken = REACH, True
        elif sign == "joining":
            self.reach = REACH if self.spoken else 0
        elif sign == "adding":
            self.reach, self.joined = 0, self.kinds
        elif sign == "passing":
            self.reach, self.kinds = 0, frozenset()
        elif sign == "ending":
            self.end()

    def covers(self, meanings: Iterable[Meaning], refused_behind: bool) -> bool:
        """Return whether this vocabulary word is refused. It uses up the "no", or shows that it has ended."""
        kinds = frozenset(meaning.kind for meaning in meanings)
        refused = refused_behind or self.reach > 0 or bool(self.joined & kinds)
        self.end()
        if refused:
            self.spoken, self.kinds = True, kinds
        return refused


@dataclass
class _Heard:
    """What a text requests, with counts, in order of first mention; and what it refuses."""

    wanted: Counter[Meaning] = field(default_factory=Counter)
    refused: set[Meaning] = field(default_factory=set)


def _listen(text: str) -> _Heard:
    book, tokens = vocabulary().book, tokens_of(text)
    heard, refusal, index = _Heard(), _Refusal(), 0
    while index < len(tokens):
        end, meanings = book.longest(tokens, index)
        if not meanings:
            refusal.pass_word(tokens[index])
            end = index + 1
        elif meanings[0].kind not in KINDS:
            refusal.read_sign(meanings[0].kind)
        elif refusal.covers(meanings, _is_refused_behind(book, tokens, end)):
            heard.refused.update(meanings)
        else:
            heard.wanted.update(meanings)
        index = end
    return heard


def _is_refused_behind(book: Phrasebook, tokens: Sequence[str], end: int) -> bool:
    """Return whether a "no" follows the word, as in Japanese and Korean."""
    return any(meaning.kind == "after" for meaning in book.longest(tokens, end)[1])


def tags_of(caption: str, lyrics: str = "", genre: str | None = None) -> Tags:
    """Return the tags of a song with this caption, these lyrics and this genre preset's name.

    Genres only come from preset and caption. Emotions and occasions come from the caption, and from lyrics
    that mention them LYRICS_HITS times, unless the caption refuses them ("not sad").
    """
    preset, said, sung = _listen(genre or ""), _listen(caption), _listen(MARKED.sub("\n", lyrics[:MAX_CHARS]))
    strong = [
        meaning for meaning, hits in sung.wanted.most_common() if hits >= LYRICS_HITS and _sings(meaning)
    ]
    unsaid = [meaning for meaning in strong if meaning not in said.refused]
    return Tags(
        genres=_first("genre", (*preset.wanted, *said.wanted)),
        emotions=_first("emotion", (*said.wanted, *unsaid)),
        occasions=_first("occasion", (*said.wanted, *unsaid)),
    )


def _first(kind: str, meanings: Iterable[Meaning]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(meaning.name for meaning in meanings if meaning.kind == kind))[:MAX_TAGS]


def _sings(meaning: Meaning) -> bool:
    """Return whether lyrics can express it: "night" in lyrics does not make music for the night."""
    if meaning.kind == "emotion":
        return vocabulary().emotions[meaning.name].lyrics
    return meaning.kind == "occasion" and vocabulary().occasions[meaning.name].lyrics
