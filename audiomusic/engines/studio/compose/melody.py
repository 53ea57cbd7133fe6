"""Which pitches a line takes: the cheapest way through the scale.

A Viterbi search over pairs of scale pitches, so that a note knows its two forerunners:
chord tones on strong beats, a contour, a motif to copy, leaps answered by steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.compose.genres import MelodyHabits
from audiomusic.engines.studio.compose.harmony import (
    NOT_PENTATONIC,
    chord_at,
    classes_of,
    scale_pitches,
)
from audiomusic.engines.studio.compose.rhythm import is_on_beat, is_strong
from audiomusic.engines.studio.score import ChordSpan, Metre
from audiomusic.engines.theory import Key

Array = npt.NDArray[np.float64]

#: Heights from 0 (low) to 1 (high) that a line passes through, evenly spaced.
CONTOURS: dict[str, tuple[float, ...]] = {
    "arch": (0.25, 0.7, 0.85, 0.3), "fall": (0.9, 0.6, 0.4, 0.15), "rise": (0.15, 0.35, 0.65, 0.85),
    "wave": (0.4, 0.8, 0.3, 0.6), "dip": (0.7, 0.3, 0.35, 0.75), "call": (0.5, 0.5, 0.9, 0.6),
}  # fmt: skip
#: Costs by scale degrees moved, 0 to 7; further is forbidden.
STEP_COSTS = np.array([0.75, 0.0, 0.25, 0.8, 1.2, 1.7, 2.8, 3.2])
FORBIDDEN = 50.0
CHORD_TONE_COSTS = {"strong": 6.0, "beat": 1.4, "weak": 0.35}
HOME_PULL = {0: 0.45, 7: 0.15}  # semitones above the tonic: what makes a key plain
CLASH_COST = 1.6  # half a tone above a chord tone
CONTOUR_PULL = 2.2
MOTIF_PULL = 0.66
ENDING_PULL = {"closed": 7.0, "open": 1.6}
OSCILLATION, TRIPLE, RUNAWAY, RECOVERY = 0.9, 1.1, 1.3, -0.4
WHIM = 0.9  # how far a seed's taste may tip the scales


class Tone(NamedTuple):
    """A note that has a time but no pitch yet; quarters from the start of the song."""

    onset: float
    length: float


class MotifNote(NamedTuple):
    place: float  # 0..1 within the line
    pitch: float


@dataclass(frozen=True)
class Tune:
    """What the search must know of the song."""

    key: Key
    metre: Metre
    chords: list[ChordSpan]
    habits: MelodyHabits


def write_line(
    tune: Tune,
    tones: Sequence[Tone],
    low: float,
    high: float,
    contour: str,
    motif: Sequence[MotifNote],
    ending: str,
    rng: Random,
    previous: float | None = None,
) -> list[int]:
    """A pitch for every tone, between `low` and `high` (MIDI numbers), always in the key.

    `ending`: "closed" on the tonic, "open" away from it, or "" for either.
    """
    ladder = scale_pitches(tune.key, low, high)
    costs = np.stack([_tone_costs(tune, tone, ladder) for tone in tones])
    costs += _contour_costs(tones, ladder, contour, tune.habits.span)
    costs += _motif_costs(tones, ladder, motif)
    costs += np.array([[rng.random() * WHIM for _ in ladder] for _ in tones])
    costs[-1] += _ending_costs(tune, tones[-1], ladder, ending)
    if previous is not None:
        costs[0] += 0.12 * np.abs(np.array(ladder) - previous)
    return [ladder[index] for index in _cheapest_path(costs, tune.habits.leaps)]


def motif_of(tones: Sequence[Tone], pitches: Sequence[float]) -> list[MotifNote]:
    start, span = tones[0].onset, max(1e-6, tones[-1].onset - tones[0].onset)
    return [MotifNote((tone.onset - start) / span, pitch) for tone, pitch in zip(tones, pitches, strict=True)]


def _tone_costs(tune: Tune, tone: Tone, ladder: list[int]) -> Array:
    """What each pitch pays for its chord and for its degree: float64 [pitches]."""
    classes = classes_of(chord_at(tune.chords, tone.onset))
    if is_strong(tone.onset, tune.metre):
        weight = CHORD_TONE_COSTS["strong"]
    elif is_on_beat(tone.onset, tune.metre) or tone.length >= 1.5:
        weight = CHORD_TONE_COSTS["beat"]
    else:
        weight = CHORD_TONE_COSTS["weak"]
    spared = NOT_PENTATONIC[tune.key.mode]
    costs = np.zeros(len(ladder))
    for index, pitch in enumerate(ladder):
        if pitch % 12 not in classes:
            clash = (pitch - 1) % 12 in classes
            costs[index] += weight + (CLASH_COST if clash and tone.length >= 0.5 else 0.0)
        degree = (pitch - tune.key.tonic) % 12
        costs[index] -= HOME_PULL.get(degree, 0.0)
        if degree in spared:
            costs[index] += 2.0 * tune.habits.pentatonic
    return costs


def _contour_costs(tones: Sequence[Tone], ladder: list[int], contour: str, span: float) -> Array:
    """Distance from the contour's height at each tone's time: float64 [tones, pitches]."""
    heights = CONTOURS[contour]
    places = np.array([note.place for note in motif_of(tones, [0.0] * len(tones))])
    target = np.interp(places, np.linspace(0, 1, len(heights)), heights)
    target = 0.5 + (target - 0.5) * (0.5 + span)
    level = np.linspace(0, 1, len(ladder))
    costs: Array = CONTOUR_PULL * np.abs(level[None, :] - target[:, None]) ** 1.3
    return costs


def _motif_costs(tones: Sequence[Tone], ladder: list[int], motif: Sequence[MotifNote]) -> Array:
    if not motif:
        return np.zeros((len(tones), len(ladder)))
    places = np.array([note.place for note in motif_of(tones, [0.0] * len(tones))])
    known = np.array([note.place for note in motif])
    wanted = np.array([note.pitch for note in motif])[np.abs(places[:, None] - known[None, :]).argmin(axis=1)]
    apart = np.abs(np.array(ladder)[None, :] - wanted[:, None])
    costs: Array = MOTIF_PULL * np.minimum(apart, 4.0)
    return costs


def _ending_costs(tune: Tune, tone: Tone, ladder: list[int], ending: str) -> Array:
    """The last note wants the tonic, or for an open end anything but; a chord tone in any case."""
    if not ending:
        return np.zeros(len(ladder))
    classes = classes_of(chord_at(tune.chords, tone.onset))
    is_tonic = np.array([pitch % 12 == tune.key.tonic for pitch in ladder])
    off_chord = np.array([0.0 if pitch % 12 in classes else 2.0 for pitch in ladder])
    if ending == "closed" and tune.key.tonic in classes:
        return np.where(is_tonic, 0.0, ENDING_PULL["closed"])
    return off_chord + np.where(is_tonic, ENDING_PULL["open"] if ending == "open" else 0.0, 0.0)


def _cheapest_path(costs: Array, leaps: float) -> list[int]:
    """Viterbi over pairs (previous, current): costs float64 [tones, pitches] -> an index a tone."""
    tones, size = costs.shape
    if tones == 1:
        return [int(costs[0].argmin())]
    moves = _move_costs(size, leaps)
    turns = _turn_costs(size)
    best = costs[0][:, None] + costs[1][None, :] + moves
    came_from: list[npt.NDArray[np.int64]] = []
    for index in range(2, tones):
        reach = best[:, :, None] + turns
        came_from.append(reach.argmin(axis=0))
        best = reach.min(axis=0) + moves + costs[index][None, :]
    before, now = (int(index) for index in np.unravel_index(int(best.argmin()), best.shape))
    path = [now, before]
    for pointers in reversed(came_from):
        before, now = int(pointers[before, now]), before
        path.append(before)
    return path[::-1]


_MOVES: dict[tuple[int, float], Array] = {}
_TURNS: dict[int, Array] = {}


def _move_costs(size: int, leaps: float) -> Array:
    """Cost of each interval: float64 [from, to]. Leaps cheapen with the genre's taste for them."""
    if (size, leaps) not in _MOVES:
        apart = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
        priced = STEP_COSTS * np.where(np.arange(len(STEP_COSTS)) > 1, 1.5 - leaps, 1.0)
        table = np.append(priced, FORBIDDEN)
        _MOVES[size, leaps] = table[np.minimum(apart, len(STEP_COSTS))]
    return _MOVES[size, leaps]


def _turn_costs(size: int) -> Array:
    """What three notes in a row pay: float64 [first, second, third]."""
    if size not in _TURNS:
        place = np.arange(size)
        one = place[None, :, None] - place[:, None, None]
        two = place[None, None, :] - place[None, :, None]
        costs = np.where((one == -two) & (one != 0), OSCILLATION, 0.0)
        costs += np.where((one == 0) & (two == 0), TRIPLE, 0.0)
        leapt = np.abs(one) >= 3
        costs += np.where(leapt & (np.sign(one) == np.sign(two)), RUNAWAY, 0.0)
        costs += np.where(leapt & (np.sign(one) == -np.sign(two)) & (np.abs(two) <= 2), RECOVERY, 0.0)
        _TURNS[size] = costs
    return _TURNS[size]
