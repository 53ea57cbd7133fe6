"""When syllables and notes fall: a grid, the metrical weight of its places, and the cheapest placement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

import numpy as np
import numpy.typing as npt

from audiomusic.engines.studio.compose.parts.patterns import read_in_metre
from audiomusic.engines.studio.score import Metre

Array = npt.NDArray[np.float64]

GRID_STEPS = (1.0, 0.5, 0.25, 0.125, 0.0625)  # quarters, coarse to fine
COMFORTABLE_STEP_S = 0.115
FINE_STEP_S = 0.09  # for sixteenths between longer notes
SHORTEST_STEP_S = 0.06
ROOM = 1.45  # places per syllable that leave a choice of rhythms
#: Cost of a syllable's place by stress: [on a beat, on the pulse of a slow song, on a half beat, elsewhere].
STRESS_COSTS = {2: (0.0, 0.4, 3.0, 4.5), 1: (0.1, 0.2, 0.5, 1.2), 0: (0.55, 0.2, 0.1, 0.3)}
SLOW_BPM = 88.0  # below this, words move in eighths, which are felt as the pulse
DOWNBEAT_LIFT = 0.35  # bonus for a primary stress on a downbeat
CELL_PULL = 1.6  # attraction of places in the line's rhythm cell
ECHO_PULL = 1.8  # attraction of the rhythm of the line that this one answers
GAP_STIFFNESS = 0.45
START_PULL = 0.9
END_PULL = 0.35
DRAWN_OUT_COST = 0.8  # for a syllable inside a line held until its word falls apart
HURRY_COST = 3.0  # per place that a syllable is too short to be understood
SOFT_DOWNBEAT = 2.5  # cost of a downbeat for an unstressed first syllable
_FAR = 1e6
UNEVEN_METRES = ("7/8",)


@dataclass(frozen=True)
class Grid:
    """Places of a slot. `rank` indexes the rows of STRESS_COSTS; times are in quarters."""

    step: float
    rank: npt.NDArray[np.int64]
    downbeat: npt.NDArray[np.bool_]
    beat: float
    half: float  # of a beat; a third in 6/8

    @property
    def count(self) -> int:
        return len(self.rank)


def beat_quarters(metre: Metre) -> float:
    """Return the felt pulse: a quarter, or a dotted quarter where eighths are grouped in threes."""
    return 1.5 if metre.is_compound else 1.0


def half_beat(metre: Metre) -> float:
    """Return the next metrical level below the beat: its half, or its third in 6/8."""
    return beat_quarters(metre) / (3 if metre.is_compound else 2)


def pulse_quarters(metre: Metre) -> float:
    """Return the unit on which stresses fall: the beat, or the eighth at slow tempi."""
    return 0.5 if not metre.is_compound and metre.bpm < SLOW_BPM else beat_quarters(metre)


def is_on_beat(onset: float, metre: Metre) -> bool:
    """Whether an onset is on a felt pulse or, in 7/8 with its uneven pulses, at the start of a group."""
    if metre.name in UNEVEN_METRES:
        return is_strong(onset, metre)
    return _divides(onset, beat_quarters(metre))


def is_strong(onset: float, metre: Metre) -> bool:
    """Whether a group of the bar starts there: 1 and 3 of 4/4, 1 and 4 of 5/4, each pulse of 6/8."""
    within = onset % metre.bar_quarters
    return any(abs(within - place) < 1e-6 for place in (*metre.accents, metre.bar_quarters))


def _divides(onset: float, unit: float) -> bool:
    return abs(onset / unit - round(onset / unit)) < 1e-6


@lru_cache(maxsize=512)
def make_grid(metre: Metre, origin: float, length: float, step: float) -> Grid:
    """Return the places of a slot that starts `origin` quarters into the section."""
    beat = beat_quarters(metre)
    half = half_beat(metre)
    onsets = origin + np.arange(max(1, round(length / step))) * step
    rank = [_rank(on, metre) for on in onsets]
    downbeat = [_divides(on, metre.bar_quarters) for on in onsets]
    return Grid(step, np.array(rank), np.array(downbeat), beat, half)


def _rank(onset: float, metre: Metre) -> int:
    if is_on_beat(onset, metre):
        return 0
    if metre.name in UNEVEN_METRES:  # quarters are not its pulse throughout the bar
        return 2 if _divides(onset, half_beat(metre)) else 3
    units = (pulse_quarters(metre), half_beat(metre))
    return next((rank for rank, unit in enumerate(units, start=1) if _divides(onset, unit)), 3)


def choose_step(metre: Metre, usable: float, syllables: int, is_fine: bool = False) -> float | None:
    """Return the coarsest step (quarters) that has room for the syllables, or None.

    `usable` is the slot without its breath, in quarters. With `is_fine`, the line moves in sixteenths even if
    eighths would do, as long as they can be sung.
    """
    coarsest = 0.25 if is_fine and metre.quarter_s / 4 >= FINE_STEP_S else 0.5
    steps = [step for step in GRID_STEPS if step <= coarsest]
    fine = ((ROOM, FINE_STEP_S),) if coarsest < 0.5 else ()
    for room, shortest_s in (
        *fine,
        (ROOM, COMFORTABLE_STEP_S),
        (1.0, COMFORTABLE_STEP_S),
        (1.0, SHORTEST_STEP_S),
    ):
        for step in steps:
            if step * metre.quarter_s >= shortest_s and usable / step >= syllables * room:
                return step
    return None


def cell_places(cells: Sequence[str], metre: Metre, grid: Grid, offset: float, rng: Random) -> Array:
    """Return 1 where a rhythm cell of the song has an onset, else 0: float64 [places].

    The grid starts `offset` quarters into the section, and the cell is aligned with the section's bars.
    """
    cell = read_in_metre(rng.choice(list(cells)), metre.name)
    marks = np.zeros(grid.count)
    for index in range(grid.count):
        place = (offset + index * grid.step) / 0.25
        if _divides(place, 1.0) and cell[round(place) % len(cell)] not in ".-":
            marks[index] = 1.0
    return marks


def place_syllables(
    stresses: Sequence[int],
    grid: Grid,
    pull: Array,
    first: int,
    start: int,
    last: int,
    end: int,
    opening: int = 0,
    weights: Sequence[float] | None = None,
    stiffness: float = GAP_STIFFNESS,
    floors: Sequence[int] = (),
    ceilings: Sequence[int] = (),
    strict: float = 1.0,
) -> list[int]:
    """Return the cheapest places, one per syllable, strictly increasing, from `first` to `last`.

    Dynamic programming over (syllable, place): stress against metrical weight, each place's pull (float64
    [places], about 0..2), and gaps close to what each syllable wants. The syllable after the `opening` ones
    is pulled to place `start`, the last to `end`. `weights` are the desired relative lengths of the
    syllables, 1 on average; None means equal.
    """
    places = np.arange(grid.count)
    ideal = max(1.0, (end - start) / max(1, len(stresses) - 1 - opening))
    wanted = _wanted_gaps(ideal, weights or [1.0] * (len(stresses) - 1), floors, ceilings)
    gap_costs = _gap_costs(grid.count, wanted, stiffness)
    beat = grid.beat / grid.step
    outside = np.where((places < first) | (places > last), _FAR, 0.0)
    best = np.zeros(grid.count)
    came_from: list[npt.NDArray[np.int64]] = []
    for index, stress in enumerate(stresses):
        if index:
            reach = gap_costs[index - 1] + best[None, :]
            if floors:
                ceiling = ceilings[index - 1] if ceilings else grid.count
                reach = reach + _understood_costs(grid.count, floors[index - 1], ceiling)
            came_from.append(reach.argmin(axis=1))
            best = reach.min(axis=1)
        best = best + _place_costs(stress, grid, pull, strict) + outside
        if index == 0 and stress == 0:
            best = best + SOFT_DOWNBEAT * grid.downbeat
        if index == opening:
            best = best + START_PULL * np.abs(places - start) / beat
        if index and index == len(stresses) - 1:
            best = best + END_PULL * np.abs(places - end) / beat
    return _trace_back(best, came_from)


def _wanted_gaps(
    ideal: float, weights: Sequence[float], floors: Sequence[int], ceilings: Sequence[int]
) -> list[float]:
    """Return the desired gaps in places: wide enough to be understood, but none that breaks a word."""
    wanted = [max(1.0, ideal * weight) for weight in weights]
    if floors:
        wanted = [max(gap, floor) for gap, floor in zip(wanted, floors, strict=True)]
    if ceilings:
        wanted = [min(gap, max(1, ceiling)) for gap, ceiling in zip(wanted, ceilings, strict=True)]
    return wanted


def _gap_costs(count: int, wanted: Sequence[float], stiffness: float) -> list[Array]:
    """Return each syllable's gap costs: float64 [to, from]. A gap must be positive."""
    places = np.arange(count)
    gaps = places[:, None] - places[None, :]
    log_gaps = np.log2(np.maximum(gaps, 1))
    tables: dict[float, Array] = {}
    for gap in wanted:
        if gap not in tables:
            off = np.abs(log_gaps - np.log2(gap))
            tables[gap] = np.where(gaps > 0, stiffness * off * np.sqrt(off), _FAR)
    return [tables[gap] for gap in wanted]


@cache
def _understood_costs(count: int, floor: int, ceiling: int) -> Array:
    """Return the cost of gaps too short for their consonants, or too long for a vowel: float64 [to, from]."""
    places = np.arange(count)
    gaps = places[:, None] - places[None, :]
    hurried = HURRY_COST * np.clip(floor - gaps, 0, 2)
    costs: Array = hurried + np.where(gaps > ceiling, DRAWN_OUT_COST + gaps - ceiling, 0.0)
    return costs


def _place_costs(stress: int, grid: Grid, pull: Array, strict: float) -> Array:
    """Return the cost of each place. `strict` multiplies the cost of a primary stress off the beat."""
    costs = np.asarray(STRESS_COSTS[min(2, stress)])[grid.rank] - pull
    if stress >= 2:
        costs = strict * (costs + pull) - pull - DOWNBEAT_LIFT * grid.downbeat
    return costs


def _trace_back(best: Array, came_from: list[npt.NDArray[np.int64]]) -> list[int]:
    place = int(best.argmin())
    found = [place]
    for pointers in reversed(came_from):
        place = int(pointers[place])
        found.append(place)
    return found[::-1]
