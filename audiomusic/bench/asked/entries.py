"""The benchmark's requests: entries of `data/*.toml`, each with facts that the finished score must show."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from audiomusic.bench.asked.facts import AskedFact, read_fact

DATA_DIR = Path(__file__).parent / "data"
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "ja", "zh")
EntryKind = Literal["caption", "lyrics", "sentence"]
EXPECTED = {"caption": 200, "lyrics": 60, "sentence": 40}
FILES: dict[EntryKind, str] = {
    "caption": "captions.toml",
    "lyrics": "lyrics.toml",
    "sentence": "sentences.toml",
}


class EntryError(ValueError):
    """An entry has something that cannot be checked against a score."""


@dataclass(frozen=True)
class Entry:
    """One request."""

    kind: EntryKind
    language: str
    text: str
    facts: tuple[AskedFact, ...]
    sings: bool = False  # a caption whose song has lyrics
    caption: str = ""  # for pasted lyrics: the style beside them
    words: tuple[str, ...] = ()  # for a sentence: words in title or lyrics; "cats|cat" means either


@cache
def read_entries(folder: Path = DATA_DIR) -> tuple[Entry, ...]:
    """Return all entries in the folder's files. Raises EntryError with the file and the entry."""
    return tuple(entry for kind, name in FILES.items() for entry in _read(kind, folder / name))


def _read(kind: EntryKind, path: Path) -> Iterator[Entry]:
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["entry"]:
        try:
            yield _entry(kind, row)
        except (KeyError, TypeError, ValueError) as error:
            raise EntryError(f"{path.name}: {row.get('text', row)!r}: {error}") from error


def _entry(kind: EntryKind, row: dict[str, Any]) -> Entry:
    if row["language"] not in LANGUAGES:
        raise ValueError(f"Expected one of {', '.join(LANGUAGES)}, got {row['language']!r}.")
    facts = tuple(_facts(kind, row))
    words = tuple(row.get("words", ()))
    if not facts and not words:
        raise ValueError("Expected a fact, got none.")
    return Entry(
        kind,
        row["language"],
        row["text"],
        facts,
        sings=row.get("sings", False) or any(fact.needs_voice for fact in facts),
        caption=row.get("caption", ""),
        words=words,
    )


def _facts(kind: EntryKind, row: dict[str, Any]) -> Iterator[AskedFact]:
    """Yield a caption's facts, each with the words that request it; those of other entries have no words."""
    asked = row.get("facts", {})
    if isinstance(asked, list):
        yield from (read_fact(text, "") for text in asked)
        return
    for phrase, texts in asked.items():
        if phrase not in row["text"]:
            raise ValueError(f"Expected words of the text, got {phrase!r}.")
        for text in [texts] if isinstance(texts, str) else texts:
            yield read_fact(text, phrase)
