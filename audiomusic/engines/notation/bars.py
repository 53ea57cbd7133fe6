"""What the reader collects of a voice, bar by bar, before repeats are written out."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from audiomusic.engines.notation.spelling import signature
from audiomusic.engines.theory import Key


@dataclass
class ReadNote:
    """One sign. `pitch` None: a rest. Several of one `group` sound together."""

    length: Fraction
    pitch: int | None
    is_tied: bool = False  # to what follows
    is_tied_in: bool = False  # it goes on from before
    text: str = ""
    begins_word: bool = True
    with_previous: bool = False  # it begins with the note before


@dataclass
class ReadBar:
    notes: list[ReadNote] = field(default_factory=list)
    chords: list[tuple[Fraction, str]] = field(default_factory=list)
    length: Fraction = Fraction(0)
    label: str = ""  # of the section that begins here
    key: Key | None = None  # that begins here
    opens_repeat: bool = False
    closes_repeat: bool = False
    ending: str = ""  # "1", "2", "1,2": of the repeat that it is in
    line: int = 0


class ReadVoice:
    """A voice while it is read: the bars that are done and the one that is not."""

    def __init__(self, name: str, key: Key) -> None:
        self.name, self.first_key, self.key = name, key, key
        self.bars: list[ReadBar] = []
        self._bar = ReadBar()
        self._altered: dict[str, int] = {}
        self._line: list[ReadNote] = []
        self._group: list[ReadNote] | None = None
        self._is_tying = False
        self._last: list[ReadNote] = []
        self._broken = Fraction(1)
        self._tuplet = Fraction(1)
        self.tuplet_left = 0
        self._ending = ""
        self._opens = False
        self.word_goes_on = False  # the last line of words ends in a hyphen

    def new_line(self) -> None:
        self._line = []

    def line_notes(self) -> list[ReadNote]:
        """The notes of the last line of music that a syllable may stand under."""
        return [note for note in self._line if note.pitch is not None and not note.with_previous]

    def change_key(self, key: Key) -> None:
        self.key, self._bar.key = key, key
        if not self.bars and not self._bar.notes and self.first_key == key:
            self._bar.key = None

    def accidental(self, letter: str, sign: int | None) -> int:
        """What a letter sounds as: an accidental holds to the end of its bar, in all octaves."""
        name = letter.upper()
        if sign is not None:
            self._altered[name] = sign
        return self._altered.get(name, signature(self.key)[name])

    def note(self, note: ReadNote) -> None:
        if self._group is not None:
            self._group.append(note)
            return
        self._place([note])

    def rest(self, length: Fraction) -> None:
        if self._group is None:
            self._place([ReadNote(length, None)])

    def open_group(self) -> None:
        self._group = []

    def close_group(self, factor: Fraction) -> bool:
        group, self._group = self._group, None
        if not group:
            return False
        for number, note in enumerate(group):
            note.length = group[0].length * factor if number else note.length * factor
            note.with_previous = number > 0
        for note in group[1:]:
            note.length = group[0].length
        self._place(group)
        return True

    def tie(self) -> None:
        for note in self._group[-1:] if self._group else self._last:
            note.is_tied = True

    def chord(self, name: str) -> None:
        self._bar.chords.append((self._bar.length, name))

    def open_tuplet(self, factor: Fraction, count: int) -> None:
        self._tuplet, self.tuplet_left = factor, count

    def broken(self, dots: int) -> None:
        """A note before or behind `>` gets what the other loses."""
        share = Fraction(1, 2 ** abs(dots))
        longer, shorter = 2 - share, share
        before, after = (longer, shorter) if dots > 0 else (shorter, longer)
        for note in self._last:
            self._bar.length += note.length * (before - 1) if not note.with_previous else 0
            note.length *= before
        self._broken = after

    def open_ending(self, name: str) -> None:
        self._ending = name

    def end_bar(self, sign: str, label: str) -> ReadBar | None:
        """The bar that a line ends; None where nothing stood before it."""
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
        """What stands behind the last bar line."""
        return self._bar if self._bar.notes else None

    def _place(self, notes: list[ReadNote]) -> None:
        factor = self._broken
        self._broken = Fraction(1)
        if self.tuplet_left:
            factor *= self._tuplet
            self.tuplet_left -= 1
        held = {note.pitch for note in self._last if note.is_tied}
        for note in notes:
            note.length *= factor
            note.is_tied_in = note.pitch is not None and note.pitch in held
        self._bar.notes += notes
        self._bar.length += notes[0].length
        self._line += notes
        self._last = notes
