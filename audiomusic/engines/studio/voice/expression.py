"""Expression: a line's pitch and loudness curves, with one value every CONTROL_S."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.score import VocalRole, VocalStyle
from audiomusic.engines.studio.voice.singers import Singer

Curve = npt.NDArray[np.floating[Any]]

CONTROL_S = 0.001
GLIDE_LEAD_S = 0.02  # glides are centred this long before the vowel, so the note is in tune at once
PHRASE_GAP_S = 0.15
#: A spoken vowel swells and dies away; a sung one is there at once. How much of the swell is removed, the
#: bounds of the gain, the percentile of the vowel's power to level to, and the fewest values to level.
LEVELLED_SHARE, LEVEL_RANGE_DB, LEVEL_PERCENTILE, FEWEST_LEVELLED = 0.8, (-5.0, 9.0), 70, 4


class SungNote(NamedTuple):
    start_s: float  # when the vowel starts, in song time
    end_s: float
    midi: float


@dataclass(frozen=True)
class Manner:
    """The parameters that distinguish singing from rapping, and a lead from its backing voices."""

    glide_s: float = 0.07
    vibrato: float = 1.0  # share of the singer's vibrato depth
    drift_cents: float = 4.0
    scoop_cents: float = -40.0  # at the start of a phrase
    fall_semitones: float = 0.0  # over each note, as in speech
    consonant_db: float = 0.0
    swell_db: float = 1.5
    longest_s: float = math.inf  # maximum sound of a note; the remainder is rest
    breathes: bool = True
    detune_cents: float = 0.0  # maximum, in either direction
    late_s: tuple[float, float] = (0.0, 0.0)
    in_own_octave: bool = False  # in a choir: men below women


STYLES: dict[VocalStyle, Manner] = {
    "sing": Manner(),
    "rap": Manner(
        glide_s=0.04, vibrato=0.0, drift_cents=12.0, scoop_cents=30.0, fall_semitones=0.7,
        consonant_db=2.5, swell_db=0.5, longest_s=0.55, breathes=False,
    ),
}  # fmt: skip


def manner_of(style: VocalStyle, role: VocalRole) -> Manner:
    """Return the manner of a style, looser for voices that double or harmonise."""
    manner = STYLES.get(style, STYLES["sing"])
    if role == "lead":
        return manner
    if role == "partner":
        return replace(manner, detune_cents=3.0, late_s=(0.0, 0.008))
    behind = replace(manner, vibrato=manner.vibrato * 0.7, breathes=False)
    if role == "double":
        return replace(behind, detune_cents=9.0, late_s=(0.008, 0.022))
    return replace(behind, detune_cents=4.0, late_s=(0.004, 0.014))


def smooth_noise(rng: np.random.Generator, count: int, period_s: float) -> Curve:
    """Return `count` control values of slow random drift, about ±1, with a new target every `period_s`."""
    knots = rng.standard_normal(int(count * CONTROL_S / period_s) + 3)
    positions = np.arange(count) * (CONTROL_S / period_s) + 0.5
    low = positions.astype(int)
    share = (1 - np.cos(np.pi * (positions - low))) / 2
    return np.asarray(knots[low] * (1 - share) + knots[low + 1] * share)


def pitch_curve(
    notes: list[SungNote], times_s: Curve, singer: Singer, manner: Manner, rng: np.random.Generator
) -> Curve:
    """Return the MIDI pitch at each of `times_s` (spaced CONTROL_S apart)."""
    starts = np.array([note.start_s for note in notes[1:]]) - GLIDE_LEAD_S
    midi = np.array([note.midi for note in notes])
    steps = midi[np.searchsorted(starts, times_s, side="right")]
    curve = _glide(steps, manner.glide_s)
    curve += _vibrato(notes, times_s, singer, rng) * manner.vibrato
    curve += smooth_noise(rng, len(times_s), 0.6) * (manner.drift_cents / 100 / 2)
    curve += smooth_noise(rng, len(times_s), 0.025) * 0.03
    curve += _scoops(notes, times_s, manner.scoop_cents / 100)
    curve += _falls(notes, times_s, manner.fall_semitones)
    curve += manner.detune_cents / 100 * rng.choice([-1.0, 1.0]) * rng.uniform(0.6, 1.0)
    return curve


def _glide(steps: Curve, glide_s: float) -> Curve:
    """Smooth pitch steps (portamento) with a Hann window `glide_s` wide."""
    width = max(3, int(glide_s / CONTROL_S) | 1)
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(steps, width // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def _vibrato(notes: list[SungNote], times_s: Curve, singer: Singer, rng: np.random.Generator) -> Curve:
    """Return vibrato in semitones. It starts after the singer's delay, in notes that are long enough."""
    depth = np.zeros(len(times_s))
    for note in notes:
        length_s = note.end_s - note.start_s
        fit = np.clip((length_s - singer.vibrato_delay_s - 0.1) / 0.4, 0, 1)
        rise = np.clip((times_s - note.start_s - singer.vibrato_delay_s) / 0.25, 0, 1)
        end = np.clip((note.end_s - times_s) / 0.06, 0, 1)
        depth = np.maximum(depth, fit * rise * end)
    rate_hz = singer.vibrato_hz * (1 + 0.04 * smooth_noise(rng, len(times_s), 0.5))
    phase = 2 * np.pi * np.cumsum(rate_hz) * CONTROL_S + rng.uniform(0, 2 * np.pi)
    return np.asarray(depth * np.sin(phase) * singer.vibrato_cents / 100)


def _phrase_starts(notes: list[SungNote]) -> list[SungNote]:
    after_rest = [b for a, b in zip(notes, notes[1:], strict=False) if b.start_s - a.end_s > PHRASE_GAP_S]
    return [notes[0], *after_rest]


def _scoops(notes: list[SungNote], times_s: Curve, semitones: float) -> Curve:
    curve = np.zeros(len(times_s))
    for note in _phrase_starts(notes):
        since_s = times_s - note.start_s + 0.03
        curve += np.where(since_s >= -0.05, np.exp(-np.maximum(since_s, 0) / 0.03), 0)
    return np.asarray(curve * semitones)


def _falls(notes: list[SungNote], times_s: Curve, semitones: float) -> Curve:
    """Return an offset that starts each note half of `semitones` above its pitch and ends it as far below."""
    if not semitones:
        return np.zeros(len(times_s))
    points = [p for note in notes for p in (note.start_s, max(note.end_s - 0.02, note.start_s + 0.01))]
    values = [semitones / 2, -semitones / 2] * len(notes)
    return np.interp(times_s, np.maximum.accumulate(points), values)


def gain_curve_db(
    notes: list[SungNote], stresses: list[int], times_s: Curve, manner: Manner, rng: np.random.Generator
) -> Curve:
    """Return loudness in dB at each of `times_s`: a swell in each note, accents, slight random variation."""
    accent_db = {0: -0.8, 1: 0.3, 2: 1.0}
    points, values = [], []
    for place, note in enumerate(notes):
        length_s = note.end_s - note.start_s
        accent = accent_db[stresses[place]] if place < len(stresses) else 0.0
        fade = -manner.swell_db * min(1.0, length_s / 0.8)
        points += [note.start_s, note.start_s + min(0.12, length_s / 2), note.end_s - min(0.02, length_s / 4)]
        values += [accent - manner.swell_db / 2, accent, accent + fade]
    curve = np.interp(times_s, np.maximum.accumulate(points), values)
    return curve + 0.3 * smooth_noise(rng, len(times_s), 0.2)


def level_vowels_db(at_s: Curve, power_db: Curve, vowels: Sequence[tuple[float, float]], glide: int) -> Curve:
    """Return gains in dB at `at_s`, where the voice has `power_db`, that level each vowel (start, end in s).

    glide: number of values over which gains are averaged, so that they do not jump.
    """
    lift_db = np.zeros(len(at_s))
    for start_s, end_s in vowels:
        first, stop = np.searchsorted(at_s, (start_s, end_s))
        if stop - first >= FEWEST_LEVELLED:
            inside = power_db[first:stop]
            lift_db[first:stop] = np.clip(
                LEVELLED_SHARE * (np.percentile(inside, LEVEL_PERCENTILE) - inside), *LEVEL_RANGE_DB
            )
    window = np.hanning(glide + 2)[1:-1]
    return np.convolve(lift_db, window / window.sum(), "same")
