"""How a singer phrases: before the bar, after it, ahead of the beat, on notes held.

A stress is placed on its beat first and then taken early, as singers do (Tan, Lustig and
Temperley 2019): a cost for the early place would lose the beat that it is early for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from audiomusic.engines.studio.compose.genres import MelodyHabits
from audiomusic.engines.studio.compose.rhythm import Grid, beat_quarters, half_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Metre

SONG_CELLS = 4  # of the genre's cells, those that one song is made of
MAX_PICKUP_SYLLABLES, MAX_PICKUP_BEATS = 4, 1.5
PICKUP_S = 0.16, 0.36  # the shortest and the longest time of a syllable before the bar
#: What songs differ in: drawn evenly from a range, or one of some.
LILTS, WHIMS, STIFFNESSES = (0.0, 0.4), (0.05, 0.3), (0.2, 0.7)
FINE_SHARES = {True: (0.7, 0.85, 1.0), False: (0.0, 0.15, 0.4)}
PLAIN_SIXTEENTHS = 0.1  # a genre that wants fewer hardly leaves its eighths
PACES, SNAPS = (0.88, 0.95, 1.05, 1.2, 1.4), (1, 2, 3, 3)
LIMPS, SHORT_SHIFTS = (-0.4, 0.0, 0.0, 0.5), (0.0, 0.3, 0.9)
DOWNBEAT_WEIGHT = 2.5  # a bar's first beat is taken early more often than others
FIRST_DOWNBEAT_WEIGHT = 3.0  # and most of all where a line begins there
#: Beats that a line's first stress may wait after its bar begins: (after a pickup, without one).
ENTRIES = {True: (0.0, 0.0, 1.0, 2.0, 2.0), False: (0.0, 1.0, 1.0, 2.0, 3.0)}
RAP_ENTRIES = {True: (0.0, 0.0, 0.0, 1.0), False: (0.0, 0.0, 1.0)}
#: Choruses are broader than verses, and what leads to them is closer.
SECTION_PACE = {"verse": 0.95, "prechorus": 0.9, "chorus": 1.12, "hook": 1.1, "bridge": 1.2}
HELD_WEIGHT = 1.8
UNSTRESSED, PRIMARY = 0, 2


@dataclass(frozen=True)
class Phrasing:
    """One song's taste within its genre's."""

    cells: tuple[str, ...]
    anticipation: float  # share of the primary stresses
    sixteenths: float  # how likely a line moves in sixteenths
    pace: float  # longer than 1: slower words
    lilt: float  # how much longer a stressed syllable is than others, 0..1
    limp: float  # how much longer every second syllable is, -1..1
    whim: float  # how far a syllable's length strays, in octaves
    snap: int  # the sixteenth of a beat, 1 to 3, where unstressed syllables like to be
    short_shifts: float  # of the early notes on a fine grid: by a step, not half a beat
    stiffness: float  # how even its gaps are
    held: float  # how likely a line holds one of its syllables


@cache
def song_phrasing(habits: MelodyHabits, seed: int) -> Phrasing:
    rng = draw(seed, "phrasing")
    count = min(SONG_CELLS, len(habits.cells))
    return Phrasing(
        cells=tuple(rng.sample(habits.cells, count)),
        anticipation=habits.anticipation * rng.uniform(0.8, 1.2),
        sixteenths=rng.choice(FINE_SHARES[rng.random() < habits.sixteenths])
        * min(1.0, habits.sixteenths / PLAIN_SIXTEENTHS),
        pace=habits.pace * rng.choice(PACES) * rng.uniform(0.9, 1.1),
        lilt=rng.uniform(*LILTS),
        limp=rng.choice(LIMPS),
        whim=rng.uniform(*WHIMS),
        snap=rng.choice(SNAPS),
        short_shifts=rng.choice(SHORT_SHIFTS),
        stiffness=rng.uniform(*STIFFNESSES),
        held=rng.uniform(0.1, 0.5),
    )


def opening_syllables(stresses: Sequence[int]) -> int:
    """How many syllables stand before the first stress, and so before the bar."""
    count = next((index for index, stress in enumerate(stresses) if stress > UNSTRESSED), 0)
    return min(count, MAX_PICKUP_SYLLABLES)


def pickup_quarters(stresses: Sequence[int], metre: Metre, anticipates: bool) -> float:
    """The room wanted before a line's bar: for its opening, or for a first note that is early."""
    half = half_beat(metre)
    unit = half / 2 if metre.unit == 4 and half * metre.quarter_s > PICKUP_S[1] else half
    if unit * metre.quarter_s < PICKUP_S[0]:
        unit *= 2
    wanted = unit * opening_syllables(stresses)
    most = MAX_PICKUP_BEATS * beat_quarters(metre)
    return min(max(wanted + (half if anticipates else 0.0), 0.0), most)


def entry_beats(stresses: Sequence[int], rap: bool, rng: Random) -> float:
    """How many beats after its bar a line's first stress stands."""
    return rng.choice((RAP_ENTRIES if rap else ENTRIES)[opening_syllables(stresses) > 0])


def gap_weights(stresses: Sequence[int], phrasing: Phrasing, rng: Random) -> list[float]:
    """How long each syllable but the last wants to be, beside the others; 1 on average."""
    by_stress = {0: 1 - phrasing.lilt / 2, 1: 1.0, 2: 1 + phrasing.lilt}
    weights = [
        by_stress[min(PRIMARY, stress)]
        * (1 + phrasing.limp * (index % 2 - 0.5))
        * 2 ** rng.gauss(0, phrasing.whim)
        for index, stress in enumerate(stresses[:-1])
    ]
    stressed = [index for index, stress in enumerate(stresses[1:-1], start=1) if stress >= PRIMARY]
    if stressed and rng.random() < phrasing.held:
        weights[rng.choice(stressed)] *= HELD_WEIGHT
    mean = sum(weights) / max(1, len(weights))
    return [weight / mean for weight in weights]


def anticipated(
    places: Sequence[int],
    stresses: Sequence[int],
    grid: Grid,
    first: int,
    floors: Sequence[int],
    phrasing: Phrasing,
    rng: Random,
) -> list[int]:
    """The places with the song's share of the primary stresses taken ahead of their beats.

    What stands in the way goes early with it. A stress stays where its forerunners find no
    place from `first` on, or are stressed themselves. `floors`: places that each syllable needs.
    """
    found = list(places)
    half = max(1, round(grid.half / grid.step))
    stressed = [index for index, stress in enumerate(stresses) if stress >= PRIMARY]
    count = int(phrasing.anticipation * len(stressed) + rng.random())
    order = sorted(stressed, key=lambda index: _eagerness(grid, places[index], index, rng), reverse=True)
    for index in order:
        is_short = rng.random() < phrasing.short_shifts
        if count <= 0:
            break
        if grid.rank[found[index]] == 0:
            moved = _early(
                found, stresses, index, 1 if is_short and grid.step == 0.25 else half, first, floors
            )
            count -= moved is not None
            found = moved or found
    return found


def _eagerness(grid: Grid, place: int, index: int, rng: Random) -> float:
    weight = 1.0
    if grid.downbeat[place]:
        weight = DOWNBEAT_WEIGHT if index else FIRST_DOWNBEAT_WEIGHT
    return float(rng.random() ** (1 / weight))


def _early(
    places: Sequence[int],
    stresses: Sequence[int],
    index: int,
    shift: int,
    first: int,
    floors: Sequence[int],
) -> list[int] | None:
    found = list(places)
    found[index] -= shift
    before = index - 1
    while before >= 0:
        least = min(floors[before], max(1, places[before + 1] - places[before]))
        if found[before] <= found[before + 1] - least:
            break
        if stresses[before] > UNSTRESSED:
            return None
        found[before] = found[before + 1] - least
        before -= 1
    return found if found[0] >= first else None
