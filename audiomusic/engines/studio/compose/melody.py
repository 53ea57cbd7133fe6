"""Melody: choose a line's pitches as the cheapest path through the scale.

A Viterbi search over pairs of degrees, so each note knows its two predecessors. It prefers chord tones on
strong beats, a contour, a motif to copy, and leaps answered by steps. The chord decides how a degree sounds:
over a chromatic chord, a degree takes the altered chord tone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.compose.genres import MelodyHabits
from audiomusic.engines.studio.compose.harmony import (
    SPARED,
    bends_of,
    chord_at,
    classes_of,
    move_in_scale,
    scale_pitches,
)
from audiomusic.engines.studio.compose.rhythm import is_on_beat, is_strong
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.tunes.ornaments import ornamented
from audiomusic.engines.studio.score import ChordSpan, Metre
from audiomusic.engines.theory import Key

Array = npt.NDArray[np.float64]

#: Heights from 0 (low) to 1 (high) that a line passes through, evenly spaced.
CONTOURS: dict[str, tuple[float, ...]] = {
    "arch": (0.4, 0.75, 0.85, 0.2), "fall": (0.9, 0.6, 0.4, 0.15), "rise": (0.15, 0.35, 0.65, 0.85),
    "wave": (0.5, 0.8, 0.3, 0.45), "dip": (0.7, 0.3, 0.35, 0.75), "call": (0.55, 0.5, 0.9, 0.45),
}  # fmt: skip
#: Costs by scale degrees moved, 0 to 7; larger intervals are forbidden. All costs are fitted to the vocals of
#: real songs (`bench compose`, docs/composing.md), but stop short of their dissonance.
STEP_COSTS = np.array([0.6, 0.0, 0.42, 0.8, 1.0, 1.5, 2.4, 2.8])
FORBIDDEN = 50.0
CHORD_TONE_COSTS = {"strong": 0.85, "beat": 0.4, "weak": 0.1}
HOME_PULL = {0: 0.45, 7: 0.15}  # semitones above the tonic: degrees that establish the key
CLASH_COST = 4.2  # a held note a semitone from a chord tone
CONTOUR_PULL = 2.8
MOTIF_PULL = 1.8
MOTIF_REACH = 0.2  # share of a line: notes further from any motif note are free
HEAD, SEQUENCES = 0.55, (-1, -1, 1, 1, -2, 2)  # the head as a share of its line; degrees by which it moves
ENDING_PULL = {"closed": 6.0, "open": 1.6}
OFF_CHORD_ENDING = 1.0
OSCILLATION, TRIPLE, RUNAWAY, RECOVERY = 0.3, 0.4, 0.6, 0.0
WHIM = 2.0  # how strongly a seed's random taste counts

REPEAT_TASTE = 1.3  # cost of doubling the aversion to repeated notes
TASTE_OCTAVES = 0.75  # how far a song's taste differs from its genre's, up or down


@dataclass(frozen=True)
class TuneTaste:
    """One song's preferences relative to its genre: factors on the costs."""

    repeats: float = 1.0
    leaps: float = 1.0
    chord_tones: float = 1.0
    contour: float = 1.0
    motif: float = 1.0
    whim: float = 1.0


@cache
def song_taste(seed: int) -> TuneTaste:
    rng = draw(seed, "tune taste")
    return TuneTaste(*(2 ** rng.uniform(-TASTE_OCTAVES, TASTE_OCTAVES) for _ in range(6)))


class Tone(NamedTuple):
    """A note with a time but no pitch yet; quarters from the start of the song."""

    onset: float
    length: float
    beat: float | None = None  # the beat that it anticipates; None: its onset

    @property
    def stands_on(self) -> float:
        return self.onset if self.beat is None else self.beat


class MotifNote(NamedTuple):
    place: float  # 0..1 within the line
    pitch: float


@dataclass(frozen=True)
class Tune:
    """What the search needs to know about the song."""

    key: Key
    metre: Metre
    chords: list[ChordSpan]
    habits: MelodyHabits
    taste: TuneTaste = TuneTaste()


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
    """Choose a pitch for every tone, between `low` and `high` (MIDI numbers), in the key or its chord.

    `ending`: "closed" on the tonic, "open" away from it, or "" for either.
    """
    ladder = scale_pitches(tune.key, low, high)
    ladders = [bent_ladder(tune, tone, ladder) for tone in tones]
    costs = np.stack([_tone_costs(tune, tone, bent) for tone, bent in zip(tones, ladders, strict=True)])
    costs += tune.taste.contour * _contour_costs(tones, ladder, contour, tune.habits.span)
    costs += tune.taste.motif * _motif_costs(tones, ladder, motif)
    costs += tune.taste.whim * np.array([[rng.random() * WHIM for _ in ladder] for _ in tones])
    costs[-1] += _ending_costs(tune, tones[-1], ladders[-1], ending)
    if previous is not None:
        costs[0] += 0.12 * np.abs(np.array(ladder) - previous)
    path = _cheapest_path(costs, tune.habits.leaps, tune.taste)
    pitches = [bent[index] for bent, index in zip(ladders, path, strict=True)]
    return ornamented(tune, tones, pitches, ladder[0], ladder[-1], rng)


def bent_ladder(tune: Tune, tone: Tone, ladder: Sequence[int]) -> list[int]:
    """Return the degrees as they sound over the current chord: those it raises or lowers are altered (the
    leading tone over V in minor, the blue third over IV7), the others stay."""
    return [
        min(max(pitch + bend, ladder[0]), ladder[-1])
        for pitch, bend in zip(ladder, _bends(tune, tone, ladder), strict=True)
    ]


def _bends(tune: Tune, tone: Tone, ladder: Sequence[int]) -> list[int]:
    span = chord_at(tune.chords, tone.stands_on)
    by_class = bends_of(tune.key, span.pitches[0] % 12, classes_of(span))
    return [by_class.get(pitch % 12, 0) for pitch in ladder]


def motif_of(tones: Sequence[Tone], pitches: Sequence[float]) -> list[MotifNote]:
    start, span = tones[0].onset, max(1e-6, tones[-1].onset - tones[0].onset)
    return [MotifNote((tone.onset - start) / span, pitch) for tone, pitch in zip(tones, pitches, strict=True)]


def sequenced(motif: Sequence[MotifNote], degrees: int, key: Key) -> list[MotifNote]:
    """Return the motif's head moved by that many degrees: the next phrase of a hook."""
    return [
        note._replace(pitch=float(move_in_scale(note.pitch, degrees, key)))
        for note in motif
        if note.place <= HEAD
    ]


def sequence_degrees(seed: int, kind: str, index: int) -> int:
    return draw(seed, "sequence", kind, index // 4).choice(SEQUENCES)


def _tone_costs(tune: Tune, tone: Tone, ladder: list[int]) -> Array:
    """Return each pitch's cost from its chord and degree: float64 [pitches]."""
    classes = classes_of(chord_at(tune.chords, tone.stands_on))
    if is_strong(tone.stands_on, tune.metre):
        weight = CHORD_TONE_COSTS["strong"]
    elif is_on_beat(tone.stands_on, tune.metre) or tone.length >= 1.5:
        weight = CHORD_TONE_COSTS["beat"]
    else:
        weight = CHORD_TONE_COSTS["weak"]
    weight *= tune.taste.chord_tones
    spared = SPARED[tune.key.mode]
    costs = np.zeros(len(ladder))
    for index, pitch in enumerate(ladder):
        if pitch % 12 not in classes:
            clash = (pitch - 1) % 12 in classes or (pitch + 1) % 12 in classes
            costs[index] += weight + (CLASH_COST if clash and tone.length >= 0.5 else 0.0)
        degree = (pitch - tune.key.tonic) % 12
        costs[index] -= HOME_PULL.get(degree, 0.0)
        if degree in spared:
            costs[index] += 2.0 * tune.habits.pentatonic
    return costs


def _contour_costs(tones: Sequence[Tone], ladder: list[int], contour: str, span: float) -> Array:
    """Return the distance from the contour's height at each tone's time: float64 [tones, pitches]."""
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
    is_known = np.abs(places[:, None] - known[None, :]).min(axis=1) <= MOTIF_REACH
    costs: Array = MOTIF_PULL * np.minimum(apart, 4.0) * is_known[:, None]
    return costs


def _ending_costs(tune: Tune, tone: Tone, ladder: list[int], ending: str) -> Array:
    """Return the last note's costs: it prefers a chord tone, and the tonic or, if open, anything else."""
    if not ending:
        return np.zeros(len(ladder))
    classes = classes_of(chord_at(tune.chords, tone.stands_on))
    is_tonic = np.array([pitch % 12 == tune.key.tonic for pitch in ladder])
    off_chord = np.array([0.0 if pitch % 12 in classes else OFF_CHORD_ENDING for pitch in ladder])
    if ending == "closed" and tune.key.tonic in classes:
        return np.where(is_tonic, 0.0, ENDING_PULL["closed"])
    return off_chord + np.where(is_tonic, ENDING_PULL["open"] if ending == "open" else 0.0, 0.0)


def _cheapest_path(costs: Array, leaps: float, taste: TuneTaste) -> list[int]:
    """Run Viterbi over pairs (previous, current): costs float64 [tones, pitches] -> one index per tone."""
    tones, size = costs.shape
    if tones == 1:
        return [int(costs[0].argmin())]
    moves = _move_costs(size, leaps, taste)
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


_TURNS: dict[int, Array] = {}


def _move_costs(size: int, leaps: float, taste: TuneTaste) -> Array:
    """Return the cost of each interval: float64 [from, to]. Leaps cost less if the genre likes them."""
    apart = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
    degrees = np.arange(len(STEP_COSTS))
    priced = STEP_COSTS * np.where(degrees > 1, (1.5 - leaps) * taste.leaps, 1.0)
    priced = priced + np.where(degrees == 0, REPEAT_TASTE * (taste.repeats - 1), 0.0)
    table: Array = np.append(priced, FORBIDDEN)
    moves: Array = table[np.minimum(apart, len(STEP_COSTS))]
    return moves


def _turn_costs(size: int) -> Array:
    """Return the cost of three successive notes: float64 [first, second, third]."""
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
