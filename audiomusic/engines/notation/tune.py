"""A tune: a song's lead sheet, on a grid of thirty-second notes.

It is the content of an ABC text, and a view of a studio's score: two voices, chords, sections and words.
Times are in ticks from the start, eight per quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from audiomusic.engines.theory import Key

QUARTER_TICKS = 8
WHOLE_TICKS = 32
MAX_BARS, MAX_DURATION_S = 10_000, 600.0
LOWEST_BPM, HIGHEST_BPM = 30, 300
LOWEST_PITCH, HIGHEST_PITCH = 21, 108

VoiceName = Literal["Vocal", "Ins"]
VOICES: tuple[VoiceName, ...] = ("Vocal", "Ins")


class WrittenNote(NamedTuple):
    onset: int
    length: int
    pitch: int  # MIDI number


class TuneChord(NamedTuple):
    onset: int
    name: str  # "Am7", "C/E"


class TuneSection(NamedTuple):
    bar: int  # from 0
    label: str


class TuneSyllable(NamedTuple):
    """The syllable sung on the Vocal note that starts at `onset`."""

    onset: int
    text: str
    begins_word: bool


class KeyChange(NamedTuple):
    bar: int  # from 0
    key: Key


class Swing(NamedTuple):
    amount: float  # 0 straight .. 1 triplets
    grid: float  # quarters: 0.5 swings eighths


class BarContent(NamedTuple):
    """A bar's content, with times relative to its start: bars with equal content sound alike."""

    vocal: tuple[tuple[int, int, int, bool], ...]  # onset, length, pitch, whether it continues past the bar
    ins: tuple[tuple[int, int, int, bool], ...]
    chords: tuple[tuple[int, str], ...]
    words: tuple[tuple[int, str, bool], ...]

    def of_voice(self, voice: VoiceName) -> tuple[object, ...]:
        return (self.vocal, self.words, self.chords) if voice == "Vocal" else (self.ins,)


@dataclass(frozen=True)
class WrittenTune:
    title: str
    beats: int  # the metre's upper figure
    unit: int  # and the lower
    quarter_bpm: int
    key: Key
    bars: int
    vocal: tuple[WrittenNote, ...] = ()
    ins: tuple[WrittenNote, ...] = ()
    chords: tuple[TuneChord, ...] = ()
    sections: tuple[TuneSection, ...] = ()
    words: tuple[TuneSyllable, ...] = ()
    keys: tuple[KeyChange, ...] = ()  # after the first
    swing: Swing | None = None
    has_words: bool = field(default=False, compare=False)  # the text has a lyrics line, even an empty one

    @property
    def metre(self) -> str:
        return f"{self.beats}/{self.unit}"

    @property
    def bar_ticks(self) -> int:
        return self.beats * WHOLE_TICKS // self.unit

    @property
    def duration_s(self) -> float:
        return self.bars * self.bar_ticks / QUARTER_TICKS * 60 / self.quarter_bpm

    def notes_of(self, voice: VoiceName) -> tuple[WrittenNote, ...]:
        return self.vocal if voice == "Vocal" else self.ins

    def label_at(self, bar: int) -> str:
        """Return the section that a bar belongs to."""
        label = ""
        for section in self.sections:
            if section.bar > bar:
                break
            label = section.label
        return label

    def contents(self) -> list[BarContent]:
        """Return each bar's content. A chord held from the previous bar is repeated."""
        size = self.bar_ticks
        cut = {voice: _cut(self.notes_of(voice), size, self.bars) for voice in VOICES}
        words: list[list[tuple[int, str, bool]]] = [[] for _ in range(self.bars)]
        for onset, text, begins_word in self.words:
            if onset // size < self.bars:
                words[onset // size].append((onset % size, text, begins_word))
        chords = self._chords_by_bar()
        return [
            BarContent(
                tuple(cut["Vocal"][bar]), tuple(cut["Ins"][bar]), tuple(chords[bar]), tuple(words[bar])
            )
            for bar in range(self.bars)
        ]

    def _chords_by_bar(self) -> list[list[tuple[int, str]]]:
        size = self.bar_ticks
        rows: list[list[tuple[int, str]]] = [[] for _ in range(self.bars)]
        for onset, name in self.chords:
            if onset // size < self.bars:
                rows[onset // size].append((onset % size, name))
        held = ""
        for row in rows:
            if held and not (row and row[0][0] == 0):
                row.insert(0, (0, held))
            held = row[-1][1] if row else held
        return rows


def _cut(notes: tuple[WrittenNote, ...], size: int, bars: int) -> list[list[tuple[int, int, int, bool]]]:
    """Split notes into the bars in which they sound."""
    rows: list[list[tuple[int, int, int, bool]]] = [[] for _ in range(bars)]
    for onset, length, pitch in notes:
        while length > 0 and onset // size < bars:
            bar, place = divmod(onset, size)
            here = min(length, size - place)
            rows[bar].append((place, here, pitch, length > here))
            onset, length = onset + here, length - here
    return rows


def with_words_of(before: WrittenTune, after: WrittenTune) -> WrittenTune:
    """Return the edited tune; if its text has no words, keep the previous words whose notes still exist."""
    if after.has_words or not before.words:
        return after
    onsets = {note.onset for note in after.vocal}
    return replace(after, words=tuple(word for word in before.words if word.onset in onsets), has_words=True)


def changed_bars(before: WrittenTune, after: WrittenTune) -> dict[str, list[list[int]]]:
    """Return voice -> ranges of bars, from 1, whose content changed."""
    old, new = before.contents(), after.contents()
    found: dict[str, list[list[int]]] = {}
    for voice in VOICES:
        changed = [
            bar
            for bar in range(len(new))
            if bar >= len(old) or old[bar].of_voice(voice) != new[bar].of_voice(voice)
        ]
        found[voice] = ranges_of(changed)
    return found


def joined_ranges(one: list[list[int]], other: list[list[int]]) -> list[list[int]]:
    bars = {bar for first, last in [*one, *other] for bar in range(first - 1, last)}
    return ranges_of(sorted(bars))


def ranges_of(bars: list[int]) -> list[list[int]]:
    """Return sorted bars counted from 0 as inclusive ranges counted from 1."""
    ranges: list[list[int]] = []
    for bar in bars:
        if ranges and ranges[-1][1] == bar:
            ranges[-1][1] = bar + 1
        else:
            ranges.append([bar + 1, bar + 1])
    return ranges
