"""Conversions between the units that the engines' names end in: `_db`, `_hz`, `_s`, MIDI numbers."""

from __future__ import annotations

import math

SEMITONES_PER_OCTAVE = 12
A4_MIDI = 69
A4_HZ = 440.0


def db_to_gain(level_db: float) -> float:
    """Amplitude factor of a level: 6.02 dB doubles."""
    return math.pow(10.0, level_db / 20)


def gain_to_db(gain: float, floor_db: float = -120.0) -> float:
    """Level of an amplitude factor; nothing, and anything quieter, reads `floor_db`."""
    return max(20 * math.log10(gain), floor_db) if gain > 0 else floor_db


def midi_to_hz(pitch: float) -> float:
    """Equal temperament on A4 = 440 Hz; fractions of a semitone are welcome."""
    return A4_HZ * math.pow(2.0, (pitch - A4_MIDI) / SEMITONES_PER_OCTAVE)


def seconds_to_samples(seconds: float, rate_hz: int) -> int:
    """Nearest whole number of samples."""
    return round(seconds * rate_hz)


def clock(seconds: float | None) -> str:
    """151.3 -> "2:31"."""
    whole = max(0, int(seconds or 0))
    return f"{whole // 60}:{whole % 60:02d}"
