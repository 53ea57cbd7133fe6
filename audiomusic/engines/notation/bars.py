"""Collects a voice bar by bar, before repeats are expanded."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from audiomusic.engines.notation.spelling import signature
from audiomusic.engines.theory import Key

#: Grains per tick, such that every tuplet, dot and length down to 1/64 is a whole number of grains. A text
#: has tens of thousands of notes, and arithmetic with fractions is ten times as slow.
GRAINS = 8 * 2520
Grains = int | Fraction  # fractions for odder lengths


def exact(grains: Grains) -> Grains:
    """Return an integer if the value is one."""
    return grains.numerator if grains.denominator == 1 else grains


def scaled(grains: Grains, over: int, under: int) -> Grains:
    """Multiply a length by `over / under`."""
    parts, rest = divmod(grains * over, under)
    return exact(Fraction(grains * over) / under) if rest else parts


def whole_ticks(grains: Grains) -> int:
    """Round to the nearest tick; ties go to the even one, as with `round`."""
    ticks, rest = divmod(grains, GRAINS)
    if not rest:
        return ticks
    return ticks + (2 * rest > GRAINS or (2 * rest == GRAINS and ticks % 2))


@dataclass(slots=True)
class ReadNote:
    """A note or rest (`pitch` None). The notes of a chord sound together."""

    length: Grains
    pitch: int | None
    is_tied: bool = False  # to the following note
    is_tied_in: bool = False  # continues the previous note
    text: str = ""
    begins_word: bool = True
    with_previous: bool = False  # starts together with the previous note


@dataclass
class ReadBar:
    notes: list[ReadNote] = field(default_factory=list)
    chords: list[tuple[Grains, str]] = field(default_factory=list)
    length: Grains = 0
    label: str = ""  # of the section that starts here
    key: Key | None = None  # that starts here
    opens_repeat: bool = False
    closes_repeat: bool = False
    ending: str = ""  # "1", "2", "1,2": the ending that it belongs to
    line: int = 0


class ReadVoice:
    """The state of a voice while it is read: its finished bars and the current one."""

    def __init__(self, name: str, key: Key) -> None:
        self.name, self.first_key, self.key = name, key, key
        self._signature = signature(key)
        self.bars: list[ReadBar] = []
        self._bar = ReadBar()
        self._altered: dict[str, int] = {}
        self._line: list[ReadNote] = []
        self._group: list[ReadNote] | None = None
        self._is_tying = False
        self._last: list[ReadNote] = []
        self._broken = self._tuplet = (1, 1)  # factors of a length: numerator, denominator
        self.tuplet_left = 0
        self._ending = ""
        self._opens = False
        self.word_goes_on = False  # the last line of lyrics ends in a hyphen

    def new_line(self) -> None:
        self._line = []

    def line_notes(self) -> list[ReadNote]:
        """Return the notes of the last line of music that can carry a syllable."""
        return [note for note in self._line if note.pitch is not None and not note.with_previous]

    def change_key(self, key: Key) -> None:
        self.key, self._bar.key, self._signature = key, key, signature(key)
        if not self.bars and not self._bar.notes and self.first_key == key:
            self._bar.key = None

    def accidental(self, letter: str, sign: int | None) -> int:
        """Return a letter's alteration. An accidental holds until the end of its bar, in all octaves."""
        name = letter.upper()
        if sign is not None:
            self._altered[name] = sign
        return self._altered[name] if name in self._altered else self._signature[name]

    def note(self, note: ReadNote) -> None:
        if self._group is not None:
            self._group.append(note)
            return
        self._place([note])

    def rest(self, length: Grains) -> None:
        if self._group is None:
            self._place([ReadNote(length, None)])

    def open_group(self) -> None:
        self._group = []

    def close_group(self, factor: Grains) -> bool:
        group, self._group = self._group, None
        if not group:
            return False
        length = exact(group[0].length * factor)
        for number, note in enumerate(group):
            note.length, note.with_previous = length, number > 0
        self._place(group)
        return True

    def tie(self) -> None:
        for note in self._group[-1:] if self._group else self._last:
            note.is_tied = True

    def chord(self, name: str) -> None:
        self._bar.chords.append((self._bar.length, name))

    def open_tuplet(self, time: int, notes: int, count: int) -> None:
        """Start a tuplet of the next `count` notes: `notes` of them in the time of `time`."""
        self._tuplet, self.tuplet_left = (time, notes), count

    def broken(self, dots: int) -> None:
        """Apply a `>` or `<`: the note on one side gains what the other loses."""
        parts = 2 ** abs(dots)
        longer, shorter = (2 * parts - 1, parts), (1, parts)
        before, self._broken = (longer, shorter) if dots > 0 else (shorter, longer)
        for note in self._last:
            length = scaled(note.length, *before)
            if not note.with_previous:
                self._bar.length = exact(self._bar.length + length - note.length)
            note.length = length

    def open_ending(self, name: str) -> None:
        self._ending = name

    def end_bar(self, sign: str, label: str) -> ReadBar | None:
        """Return the bar that a bar line ends, or None if nothing precedes it."""
        self._group, self.tuplet_left = None, 0
        done: ReadBar | None = None
        if self._bar.notes:
            done = self._bar
            done.label, done.ending, done.opens_repeat = label, self._ending, self._opens
            self.bars.append(done)
            self._bar, self._altered, self._opens = ReadBar(), {}, False
        if sign.startswith(":") and self.bars:
            self.bars[-1].closes_repeat = True
        if sign.endswith(":") or sign == "::":
            self._opens = True
        if sign.startswith(":") or sign in ("||", "|]") or sign.endswith(":"):
            self._ending = ""
        return done

    @property
    def has_open_bar(self) -> bool:
        return bool(self._bar.notes)

    @property
    def rest_of_bar(self) -> ReadBar | None:
        """The music after the last bar line."""
        return self._bar if self._bar.notes else None

    def _place(self, notes: list[ReadNote]) -> None:
        (over, under), self._broken = self._broken, (1, 1)
        if self.tuplet_left:
            over, under = over * self._tuplet[0], under * self._tuplet[1]
            self.tuplet_left -= 1
        held = [note.pitch for note in self._last if note.is_tied]
        for note in notes:
            if over != under:
                note.length = scaled(note.length, over, under)
            if held and note.pitch is not None:
                note.is_tied_in = note.pitch in held
        self._bar.notes += notes
        length = self._bar.length + notes[0].length
        self._bar.length = length if type(length) is int else exact(length)
        self._line += notes
        self._last = notes
