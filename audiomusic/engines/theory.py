"""Notes, keys, modes and metres: their names, and how people write them.

Everything that reads or writes a key or a metre does so here, so that the API, captions, tags, MIDI and the
models agree on what "Bb minor" is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor"]

#: The usual names of the twelve pitch classes, from C upwards.
PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}

#: Semitones above the tonic of a mode's seven degrees; the minor is the natural one.
SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
}

#: A metre as people write it -> its name.
METRES = {
    "2/4": "2/4", "3/4": "3/4", "4/4": "4/4", "6/8": "6/8",
    "2": "2/4", "3": "3/4", "4": "4/4", "6": "6/8",
}  # fmt: skip
METRE_NAMES = tuple(dict.fromkeys(METRES.values()))

#: Every metre that can be composed in, and how its bar falls into groups, counted in the lower figure.
#: A caption may ask for any metre, the request parameter for METRE_NAMES.
METRE_GROUPS: dict[str, tuple[int, ...]] = {
    "2/4": (2,), "3/4": (3,), "4/4": (2, 2), "6/8": (3, 3),
    "5/4": (3, 2), "7/8": (2, 2, 3), "9/8": (3, 3, 3), "12/8": (3, 3, 3, 3),
}  # fmt: skip
COMPOSED_METRES = tuple(METRE_GROUPS)
#: What is played in place of a metre that is not composed in.
NEAREST_METRES = {"7/4": "7/8", "5/8": "5/4"}

_SPELLED_ACCIDENTALS = {"♯": "#", "sharp": "#", "♭": "b", "flat": "b"}
_MINOR_WORDS = ("minor", "min", "moll")

#: Letter, accidental, mode. Without flags, so that JSON Schema reads it as well.
KEY_PATTERN = (
    r"([A-Ga-g])(?:[\s-]*([#♯♭]|[bB]|[Ss][Hh][Aa][Rr][Pp]|[Ff][Ll][Aa][Tt]))?[\s-]*"
    r"([Mm](?:[Aa][Jj](?:[Oo][Rr])?|[Ii][Nn](?:[Oo][Rr])?|[Oo][Ll][Ll])?|[Dd][Uu][Rr])?"
)
_KEY = re.compile(KEY_PATTERN)


@dataclass(frozen=True)
class Key:
    """A tonic, as a pitch class from 0 (C) to 11, and a mode."""

    tonic: int
    mode: Mode

    @property
    def name(self) -> str:
        """ "F# Minor"."""
        return f"{PITCH_NAMES[self.tonic]} {self.mode.capitalize()}"


@dataclass(frozen=True)
class KeyName:
    """A key as it was spelled: A# and Bb are one key with two names."""

    tonic: str  # "C", "F#", "Bb"
    mode: Mode

    def __str__(self) -> str:
        """ "F# Minor", as the API and the score say it."""
        return f"{self.tonic} {self.mode.capitalize()}"

    @property
    def symbol(self) -> str:
        """ "F#m", as MIDI and key tags say it."""
        return self.tonic + ("m" if self.mode == "minor" else "")

    @property
    def key(self) -> Key:
        return Key(pitch_class(self.tonic), self.mode)


def pitch_class(name: str) -> int:
    """0 to 11 of a note's name: "C" 0, "F#" 6, "Cb" 11."""
    return (PITCH_CLASSES[name[0]] + ACCIDENTALS[name[1:]]) % 12


def parse_key(text: str) -> KeyName:
    """Read "C Major", "Am", "f sharp minor" or "B-flat": a letter, an accidental and a mode, major where
    none is given. Raises ValueError for what is no key."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise ValueError("Expected a key such as C Major, Am, F# minor or Bb.")
    letter, accidental, mode = match[1], (match[2] or "").lower(), match[3] or ""
    is_minor = mode == "m" or mode.lower() in _MINOR_WORDS
    return KeyName(
        letter.upper() + _SPELLED_ACCIDENTALS.get(accidental, accidental), "minor" if is_minor else "major"
    )


def parse_metre(text: str) -> str:
    """'3/4' or '3' -> '3/4'. Raises ValueError."""
    try:
        return METRES[text.replace(" ", "")]
    except KeyError:
        raise ValueError(f"Expected one of {', '.join(METRE_NAMES)}.") from None


def played_metre(name: str) -> str:
    """The metre itself where it is played, else the nearest one that is."""
    if name in COMPOSED_METRES:
        return name
    beats = int(name.split("/")[0])
    return NEAREST_METRES.get(name, "3/4" if beats % 3 == 0 else "4/4")
