"""Spells pitches, keys and lengths in ABC."""

from __future__ import annotations

import re
from functools import cache

from audiomusic.engines.theory import (
    PITCH_CLASSES,
    PITCH_NAMES,
    SIGNATURE_STEPS,
    Key,
    KeyName,
    Mode,
    parse_key,
)

SHARP_ORDER, FLAT_ORDER = "FCGDAEB", "BEADGCF"
#: A major key's tonic -> number of sharps, or of flats if negative.
SIGNATURES = {0: 0, 7: 1, 2: 2, 9: 3, 4: 4, 11: 5, 6: 6, 1: -5, 5: -1, 10: -2, 3: -3, 8: -4}
ACCIDENTAL_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
SIGN_ACCIDENTALS = {sign: step for step, sign in ACCIDENTAL_SIGNS.items()}
#: Lengths in ticks that a single note can have; others are tied together.
LENGTHS = (48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
MODE_WORDS: dict[Mode, str] = {
    "major": "", "minor": "m", "dorian": "dor", "phrygian": "phr", "lydian": "lyd", "mixolydian": "mix",
    "locrian": "loc", "harmonic minor": "m",
}  # fmt: skip
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_MODES: dict[str, Mode] = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
    "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "mix": "mixolydian", "loc": "locrian",
}  # fmt: skip
#: Supported chord qualities -> semitones above the root.
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "m": (0, 3, 7), "dim": (0, 3, 6), "aug": (0, 4, 8), "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10),
    "sus4": (0, 5, 7), "sus2": (0, 2, 7), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9), "7sus4": (0, 5, 7, 10),
    "m(maj7)": (0, 3, 7, 11), "5": (0, 7), "m5": (0, 7), "9": (0, 4, 7, 10, 14), "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14), "add9": (0, 4, 7, 14), "m(add9)": (0, 3, 7, 14), "madd9": (0, 3, 7, 14),
    "13": (0, 4, 7, 10, 14, 21), "7b9": (0, 4, 7, 10, 13), "69": (0, 4, 7, 9, 14), "6/9": (0, 4, 7, 9, 14),
    "m11": (0, 3, 7, 10, 17), "mmaj7": (0, 3, 7, 11), "+": (0, 4, 8), "min": (0, 3, 7), "M7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10), "o": (0, 3, 6), "o7": (0, 3, 6, 9), "sus": (0, 5, 7), "maj": (0, 4, 7),
}  # fmt: skip
_CHORD = re.compile(r"([A-G])([#b♯♭]?)(.*?)(?:/([A-G])([#b♯♭]?))?")


def sharps_of(key: Key) -> int:
    """Return the number of sharps in the signature, or of flats if negative."""
    return SIGNATURES[(key.tonic - SIGNATURE_STEPS[key.mode]) % 12]


@cache
def signature(key: Key) -> dict[str, int]:
    """Return letter -> its alteration in the signature."""
    count = sharps_of(key)
    raised = SHARP_ORDER[: max(0, count)]
    lowered = FLAT_ORDER[: max(0, -count)]
    return {letter: (letter in raised) - (letter in lowered) for letter in PITCH_CLASSES}


@cache
def spelled(pitch: int, key: Key) -> tuple[str, int, int]:
    """Return a pitch's letter, accidental and octave (4 contains middle C) in a key."""
    pitch_class = pitch % 12
    signs = signature(key)
    for letter, step in signs.items():
        if (PITCH_CLASSES[letter] + step) % 12 == pitch_class:
            return letter, step, (pitch - PITCH_CLASSES[letter] - step) // 12 - 1
    wanted = 1 if sharps_of(key) >= 0 else -1
    for accidental in (0, wanted, -wanted):
        for letter, base in PITCH_CLASSES.items():
            if (base + accidental) % 12 == pitch_class:
                return letter, accidental, (pitch - base - accidental) // 12 - 1
    raise AssertionError(pitch)


def letter_text(letter: str, octave: int) -> str:
    """Return "C," "C" "c" "c'"; octave 4 contains middle C."""
    if octave >= 5:
        return letter.lower() + "'" * (octave - 5)
    return letter + "," * (4 - octave)


@cache
def midi_of(letter: str, marks: str, accidental: int) -> int:
    """Return a written note's MIDI number."""
    octave = (5 if letter.islower() else 4) + marks.count("'") - marks.count(",")
    return 12 * (octave + 1) + PITCH_CLASSES[letter.upper()] + accidental


def pieces(length: int) -> list[int]:
    """Split a length into lengths that a single note can have, longest first."""
    found = []
    for size in LENGTHS:
        while length >= size:
            found.append(size)
            length -= size
    return found


def key_text(key: Key) -> str:
    """Return ABC's name of a key: "Bb", "F#m", "D dor"."""
    count, tonic = sharps_of(key), PITCH_NAMES[key.tonic]
    for letter, step in signature(key).items():
        if (PITCH_CLASSES[letter] + step) % 12 == key.tonic:
            tonic = letter + {1: "#", -1: "b"}.get(step, "")
    word = MODE_WORDS[key.mode]
    return f"{tonic}{word}" if len(word) < 2 or count is None else f"{tonic} {word}"


def read_key(text: str) -> Key:
    """Parse the value of a K: field. Raises ValueError with a message."""
    match = _KEY.match(re.sub(r"\s+\w+=.*", "", text.strip()))
    mode = _MODES.get(match[3].lower()[: 3 if match[3] not in ("m", "M") else 1]) if match else None
    if match is None or mode is None or (match[3] == "M"):
        raise ValueError(f"Expected a key such as C, F#m or D dor, got {text.strip()[:20]!r}.")
    return KeyName(match[1] + match[2], mode).key


def chord_parts(name: str) -> tuple[int, tuple[int, ...], int]:
    """Return a chord's root and bass as pitch classes, with the semitones above the root in between. Raises
    ValueError with a message."""
    match = _CHORD.fullmatch(name.strip())
    quality = match[3].strip() if match else ""
    if match is None or quality not in QUALITIES:
        raise ValueError(f"Expected a chord such as Am7 or C/E, got {name[:20]!r}.")
    root = _class_of(match[1], match[2])
    return root, QUALITIES[quality], _class_of(match[4], match[5]) if match[4] else root


def _class_of(letter: str, sign: str) -> int:
    return (PITCH_CLASSES[letter] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0)) % 12


def plain_key(name: str) -> Key:
    return parse_key(name).key
