"""Reads facts from a finished score's JSON outline alone (docs/score.md).

Nothing here knows how the score was planned: a caption is compared with what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audiomusic.engines.studio.voice.singers import CHOIRS, SINGERS, Singer

Outline = Mapping[str, Any]
Row = Sequence[Any]  # the columns of a note, a hit or a syllable
VocalRow = Mapping[str, Any]  # a vocal line

NOTE_PITCH, NOTE_BEAT, NOTE_BEATS = 2, 4, 5  # columns of a note
HIT_PIECE, HIT_BEAT = 1, 3
SYLLABLE_START_S, SYLLABLE_LENGTH_S, SYLLABLE_PITCH, SYLLABLE_TEXT, SYLLABLE_BEAT, SYLLABLE_BEATS = (
    0,
    1,
    2,
    3,
    5,
    6,
)
CHORD_BEAT = 3
MOST_SPANS = 4  # ranges of bars named in a message
EPS = 1e-3
CHOIR = "choir"


@dataclass(frozen=True)
class ScoreFacts:
    """Facts about a score, from its outline."""

    outline: Outline

    @cached_property
    def bar_quarters(self) -> float:
        beats, unit = str(self.outline["timesignature"]).split("/")
        return int(beats) * 4 / int(unit)

    @property
    def bar_s(self) -> float:
        return self.bar_quarters * float(self.outline["quarter_s"])

    @cached_property
    def parts(self) -> dict[str, list[Row]]:
        """Instrument -> the notes of all its tracks; instruments without notes are omitted."""
        found: dict[str, list[Row]] = {}
        for track in self.outline["tracks"]:
            if track["notes"]:
                found.setdefault(track["instrument"], []).extend(track["notes"])
        return found

    @property
    def note_count(self) -> int:
        return sum(map(len, self.parts.values()))

    @cached_property
    def hits(self) -> list[Row]:
        drums = self.outline["drums"]
        return list(drums["hits"]) if drums else []

    @property
    def kit(self) -> str | None:
        return self.outline["drums"]["kit"] if self.hits else None

    @cached_property
    def lines(self) -> list[VocalRow]:
        """Vocal lines that have notes, sorted by time."""
        sung = [line for line in self.outline["vocals"] if line["syllables"]]
        return sorted(sung, key=lambda line: line["syllables"][0][SYLLABLE_START_S])

    @cached_property
    def singers(self) -> tuple[str, ...]:
        """The names of the singers, in the order of their first lines."""
        names = (name for line in self.lines for name in self.singers_of(line))
        return tuple(dict.fromkeys(names))

    def singers_of(self, line: VocalRow) -> tuple[str, ...]:
        """Return the voice that sings a line if the song has several, otherwise the song's voice. A choir is
        one name."""
        company = self.outline.get("singers")
        if company:
            singer = company[line.get("singer", 0)]
            return (CHOIR if singer["is_choir"] else singer["voice"],)
        return (self.outline["singer"],) if self.outline["singer"] else ()

    @property
    def first_word_s(self) -> float:
        return float(self.lines[0]["syllables"][0][SYLLABLE_START_S])

    @property
    def last_word_s(self) -> float:
        """The end of the last syllable."""
        return max(
            float(syllable[SYLLABLE_START_S] + syllable[SYLLABLE_LENGTH_S])
            for line in self.lines
            for syllable in line["syllables"]
        )

    def bars(self, beats: Iterable[float]) -> str:
        """Describe the bars of these beats: "bars 5-8 and 12"; bars are counted from 1."""
        return spoken_bars({int((beat + EPS) // self.bar_quarters) + 1 for beat in beats})

    def note_bars(self, instrument: str) -> str:
        return self.bars(note[NOTE_BEAT] for note in self.parts[instrument])

    def notes_between(self, instruments: Iterable[str], first: float, last: float) -> int:
        """Count the notes of these instruments that start from beat `first` up to, but not at, beat
        `last`."""
        notes = (note for name in instruments for note in self.parts.get(name, ()))
        return sum(first - EPS <= note[NOTE_BEAT] < last - EPS for note in notes)

    def sections_of(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        return (section for section in self.outline["sections"] if section["kind"] in kinds)


def spoken_bars(bars: Iterable[int]) -> str:
    """Describe bars: "bar 3", "bars 5-8, 12 and 14-20"; after a few ranges only the number of further
    bars."""
    spans: list[list[int]] = []
    for bar in sorted(set(bars)):
        if spans and spans[-1][1] == bar - 1:
            spans[-1][1] = bar
        else:
            spans.append([bar, bar])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:MOST_SPANS]]
    more = sum(last - first + 1 for first, last in spans[MOST_SPANS:])
    words += [f"{more} more"] if more else []
    is_one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"{'bar' if is_one else 'bars'} {spoken_list(words)}"


def spoken_list(words: Sequence[str], joint: str = "and") -> str:
    """Join words as "a, b and c"."""
    return f" {joint} ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def spoken_count(count: int, noun: str) -> str:
    """Return a count with its noun: "1 note", "12 notes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def spoken(name: str) -> str:
    """Return an instrument's, kit's or section's name in plain words."""
    return name.replace("_", " ")


def members_of(singer: str) -> tuple[Singer, ...]:
    """Return the voices behind a singer's or a choir's name; empty if the name is unknown."""
    return CHOIRS.get(singer) or ((SINGERS[singer],) if singer in SINGERS else ())
