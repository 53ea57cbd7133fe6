"""Notes, keys, modes and metres: their names, and how people write them.

All reading and writing of keys and metres happens here, so that the API, captions, tags, MIDI and the models
agree on what "Bb minor" is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Mode = Literal["major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian", "harmonic minor"]
#: A mode's tonality by its third: genres define progressions for these two.
Tonality = Literal["major", "minor"]
TONALITIES: tuple[Tonality, ...] = ("major", "minor")

#: The usual names of the twelve pitch classes, from C upwards.
PITCH_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
PITCH_CLASSES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}

#: Semitones above the tonic of a mode's seven degrees; minor is natural minor.
SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
}
#: Semitones from a mode's tonic down to the major key with the same signature; harmonic minor's raised
#: seventh is an accidental and not in the signature.
SIGNATURE_STEPS: dict[Mode, int] = {
    "major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9, "harmonic minor": 9,
    "locrian": 11,
}  # fmt: skip

#: Metres as people write them -> their names.
METRES = {
    "2/4": "2/4", "3/4": "3/4", "4/4": "4/4", "6/8": "6/8",
    "2": "2/4", "3": "3/4", "4": "4/4", "6": "6/8",
}  # fmt: skip
METRE_NAMES = tuple(dict.fromkeys(METRES.values()))

#: Every metre that can be composed in, and the groups of its bar in units of the lower figure. A caption may
#: request any metre, the request parameter one of METRE_NAMES.
METRE_GROUPS: dict[str, tuple[int, ...]] = {
    "2/4": (2,), "3/4": (3,), "4/4": (2, 2), "6/8": (3, 3),
    "5/4": (3, 2), "7/8": (2, 2, 3), "9/8": (3, 3, 3), "12/8": (3, 3, 3, 3),
}  # fmt: skip
COMPOSED_METRES = tuple(METRE_GROUPS)
#: Substitutes for metres that cannot be composed in.
NEAREST_METRES = {"7/4": "7/8", "5/8": "5/4"}

_SPELLED_ACCIDENTALS = {"♯": "#", "sharp": "#", "♭": "b", "flat": "b"}
_MINOR_WORDS = ("minor", "min", "moll")
_SAME_MODES: dict[str, Mode] = {"aeolian": "minor", "ionian": "major"}
_MODE_WORDS = (*(mode for mode in SCALES if mode not in ("major", "minor", "harmonic minor")), *_SAME_MODES)


def _any_case(word: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in word)


#: Letter, accidental, mode. Without flags, so that it is also valid in JSON Schema.
KEY_PATTERN = (
    r"([A-Ga-g])(?:[\s-]*([#♯♭]|[bB]|[Ss][Hh][Aa][Rr][Pp]|[Ff][Ll][Aa][Tt]))?[\s-]*"
    rf"({_any_case('harmonic')}[\s-]+{_any_case('minor')}|{'|'.join(map(_any_case, _MODE_WORDS))}|"
    r"[Mm](?:[Aa][Jj](?:[Oo][Rr])?|[Ii][Nn](?:[Oo][Rr])?|[Oo][Ll][Ll])?|[Dd][Uu][Rr])?"
)
_KEY = re.compile(KEY_PATTERN)


@dataclass(frozen=True)
class Key:
    """A tonic, as a pitch class from 0 (C) to 11, and a mode."""

    tonic: int
    mode: Mode

    @property
    def name(self) -> str:
        """The key's name: "F# Minor", "D Dorian"."""
        return f"{PITCH_NAMES[self.tonic]} {self.mode.title()}"

    @property
    def tonality(self) -> Tonality:
        return tonality_of(self.mode)

    @property
    def is_modal(self) -> bool:
        """Whether the mode is neither major nor natural minor."""
        return self.mode not in ("major", "minor")

    @property
    def plain(self) -> Key:
        """The major or minor key on the same tonic."""
        return Key(self.tonic, self.tonality)


@dataclass(frozen=True)
class KeyName:
    """A key as it was spelled: A# and Bb are one key with two names."""

    tonic: str  # "C", "F#", "Bb"
    mode: Mode

    def __str__(self) -> str:
        """Return the form of the API and the score: "F# Minor"."""
        return f"{self.tonic} {self.mode.title()}"

    @property
    def symbol(self) -> str:
        """The form of key tags, which only have major and minor: "F#m"."""
        return self.tonic + ("m" if tonality_of(self.mode) == "minor" else "")

    @property
    def signature(self) -> str:
        """MIDI's key signature: a mode has its own signature, e.g. none for D dorian."""
        if self.mode in ("major", "minor", "harmonic minor"):
            return self.symbol
        return PITCH_NAMES[(pitch_class(self.tonic) - SIGNATURE_STEPS[self.mode]) % 12]

    @property
    def key(self) -> Key:
        return Key(pitch_class(self.tonic), self.mode)


def tonality_of(mode: Mode) -> Tonality:
    return "minor" if 3 in SCALES[mode] else "major"


def pitch_class(name: str) -> int:
    """Return a note name's pitch class, 0 to 11: "C" 0, "F#" 6, "Cb" 11."""
    return (PITCH_CLASSES[name[0]] + ACCIDENTALS[name[1:]]) % 12


def parse_key(text: str) -> KeyName:
    """Parse "C Major", "Am", "f sharp minor", "D dorian" or "B-flat": a letter, an accidental and a mode,
    major by default. Raises ValueError for anything else."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise ValueError("Expected a key such as C Major, Am, F# minor, D dorian or Bb.")
    letter, accidental, mode = match[1], (match[2] or "").lower(), match[3] or ""
    return KeyName(letter.upper() + _SPELLED_ACCIDENTALS.get(accidental, accidental), _read_mode(mode))


def _read_mode(word: str) -> Mode:
    if word == "m" or word.lower() in _MINOR_WORDS:
        return "minor"
    name = " ".join(re.split(r"[\s-]+", word.lower()))
    return next((mode for mode in SCALES if mode == name), _SAME_MODES.get(name, "major"))


def parse_metre(text: str) -> str:
    """Parse '3/4' or '3' into '3/4'. Raises ValueError."""
    try:
        return METRES[text.replace(" ", "")]
    except KeyError:
        raise ValueError(f"Expected one of {', '.join(METRE_NAMES)}.") from None


def played_metre(name: str) -> str:
    """Return the metre itself if it can be played, otherwise the nearest one that can."""
    if name in COMPOSED_METRES:
        return name
    beats = int(name.split("/")[0])
    return NEAREST_METRES.get(name, "3/4" if beats % 3 == 0 else "4/4")
