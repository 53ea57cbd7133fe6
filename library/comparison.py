"""Comparison of two songs: differences in facts, lyrics and notes, read from their stored scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from jobs.tools.operations import bar_length_s, lead_in_s

Score = Mapping[str, Any]
Kind = Literal["same", "gone", "new"]

FACTS = (("key", "Key"), ("bpm", "Tempo"), ("timesignature", "Metre"), ("genre", "Genre"))


@dataclass(frozen=True)
class FactPair:
    """A fact of both songs. `one` and `other` are formatted for people."""

    label: str
    one: str
    other: str

    @property
    def is_same(self) -> bool:
        return self.one == self.other


@dataclass(frozen=True)
class WordsLine:
    kind: Kind
    text: str


@dataclass(frozen=True)
class PartChange:
    """Numbers of a part's notes in both songs, at the same time and pitch, and in only one of them."""

    name: str
    shared: int
    gone: int
    new: int

    @property
    def is_same(self) -> bool:
        return not (self.gone or self.new)


@dataclass(frozen=True)
class Comparison:
    facts: list[FactPair]
    words: list[WordsLine]
    parts: list[PartChange]


def compare_songs(one: Score, other: Score, *, lyrics: tuple[str, str]) -> Comparison:
    """Compare two songs. `lyrics`: the lyrics of each, as lines of text."""
    return Comparison(
        facts=[FactPair(label, _words(one.get(name)), _words(other.get(name))) for name, label in FACTS],
        words=compare_words(*lyrics),
        parts=compare_parts(one, other),
    )


def compare_words(one: str, other: str) -> list[WordsLine]:
    """Return the lines of both in order, or an empty list if the lyrics are equal."""
    before, after = (sung_lines(text) for text in (one, other))
    if before == after:
        return []
    lines: list[WordsLine] = []
    for tag, start, stop, new_start, new_stop in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            lines += [WordsLine("same", line) for line in before[start:stop]]
            continue
        lines += [WordsLine("gone", line) for line in before[start:stop]]
        lines += [WordsLine("new", line) for line in after[new_start:new_stop]]
    return lines


def sung_lines(text: str) -> list[str]:
    """Return the lines without section markers, which an engine may number."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not (line.startswith("[") and line.endswith("]"))]


def compare_parts(one: Score, other: Score) -> list[PartChange]:
    """Compare each part that occurs in either song, in the order of the first."""
    before, after = parts_of(one), parts_of(other)
    changes = []
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name, Counter()), after.get(name, Counter())
        changes.append(PartChange(name, (old & new).total(), (old - new).total(), (new - old).total()))
    return changes


def changed_bars(one: Score, other: Score) -> list[list[int]]:
    """Return the bars of the first song, from 1, where a note begins in only one of the songs, as the first
    and last bar of each range."""
    if "quarter_s" not in one:
        return []
    before, after = parts_of(one), parts_of(other)
    starts = {
        note[0]
        for name in before.keys() | after.keys()
        for note in (
            (before.get(name, Counter()) - after.get(name, Counter()))
            + (after.get(name, Counter()) - before.get(name, Counter()))
        )
    }
    bar_ms, lead_in_ms = 1000 * bar_length_s(one), 1000 * lead_in_s(one)
    stretches: list[list[int]] = []
    for bar in sorted({max(1, int((start - lead_in_ms + 1) // bar_ms) + 1) for start in starts}):
        if stretches and bar == stretches[-1][1] + 1:
            stretches[-1][1] = bar
        else:
            stretches.append([bar, bar])
    return stretches


def parts_of(score: Score) -> dict[str, Counter[tuple[Any, ...]]]:
    """Map each part's name to its notes as (start in ms, pitch): what a listener notices first."""
    parts: dict[str, Counter[tuple[Any, ...]]] = {}
    for line in score.get("vocals", ()):
        notes = parts.setdefault(f"{line['part']} voice".replace("_", " "), Counter())
        notes.update((_ms(syllable[0]), syllable[2]) for syllable in line["syllables"])
    for track in score.get("tracks", ()):
        notes = parts.setdefault(str(track["role"]).replace("_", " "), Counter())
        notes.update((_ms(note[0]), note[2]) for note in track["notes"])
    hits = (score.get("drums") or {}).get("hits", ())
    if hits:
        parts["drums"] = Counter((_ms(hit[0]), hit[1]) for hit in hits)
    return parts


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _words(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:g} bpm" if isinstance(value, int | float) else str(value)
