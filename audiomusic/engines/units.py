"""Converts between the units in the suffixes of the engines' names: `_db`, `_hz`, `_s`, MIDI numbers."""

from __future__ import annotations

import math

SEMITONES_PER_OCTAVE = 12
A4_MIDI = 69
A4_HZ = 440.0


def db_to_gain(level_db: float) -> float:
    """Return a level's amplitude factor; 6.02 dB doubles it."""
    return math.pow(10.0, level_db / 20)


def gain_to_db(gain: float, floor_db: float = -120.0) -> float:
    """Return an amplitude factor's level, at least `floor_db`, which also stands for a gain of 0."""
    return max(20 * math.log10(gain), floor_db) if gain > 0 else floor_db


def midi_to_hz(pitch: float) -> float:
    """Return a MIDI pitch's frequency, in equal temperament with A4 = 440 Hz; `pitch` may be fractional."""
    return A4_HZ * math.pow(2.0, (pitch - A4_MIDI) / SEMITONES_PER_OCTAVE)


def seconds_to_samples(seconds: float, rate_hz: int) -> int:
    """Return the nearest whole number of samples."""
    return round(seconds * rate_hz)


def clock(seconds: float | None) -> str:
    """Format seconds as minutes and seconds: 151.3 -> "2:31"."""
    whole = max(0, int(seconds or 0))
    return f"{whole // 60}:{whole % 60:02d}"
