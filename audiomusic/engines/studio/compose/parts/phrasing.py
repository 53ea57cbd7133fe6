"""How a singer phrases: before the bar, after it, ahead of the beat, on notes held.

A stress is placed on its beat first and then taken early, as singers do (Tan, Lustig and
Temperley 2019): a cost for the early place would lose the beat that it is early for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from audiomusic.engines.studio.compose.genres import MelodyHabits
from audiomusic.engines.studio.compose.rhythm import Grid, beat_quarters, half_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Metre, Syllable

SONG_CELLS = 4  # of the genre's cells, those that one song is made of
MAX_PICKUP_SYLLABLES, MAX_PICKUP_BEATS = 4, 1.5
PICKUP_S = 0.16, 0.36  # the shortest and the longest time of a syllable before the bar
#: What songs differ in: drawn evenly from a range, or one of some.
LILTS, WHIMS, STIFFNESSES = (0.0, 0.4), (0.05, 0.3), (0.2, 0.7)
FINE_SHARES = {True: (0.7, 0.85, 1.0), False: (0.0, 0.15, 0.4)}
PLAIN_SIXTEENTHS = 0.1  # a genre that wants fewer hardly leaves its eighths
PACES, SNAPS = (0.88, 0.95, 1.05, 1.2, 1.4, 1.8, 2.2), (1, 2, 3, 3, 3)
SHORT_SHIFTS = (0.0, 0.3, 0.9)
#: How long syllables are beside one another, over and over: the gait of a song's words.
GAITS: tuple[tuple[float, ...], ...] = (
    (1.0,), (1.5, 0.7), (0.6, 1.6), (2.0, 1.0, 1.0), (1.0, 1.0, 2.0), (1.5, 1.5, 1.0),
    (1.0, 2.0, 1.0),
    (1.0, 1.0, 1.0, 2.5), (3.0, 1.0, 1.0, 1.0), (2.0, 2.0, 1.0, 1.0),
)  # fmt: skip
EARLY_SHARE = 1.2  # of a song's share of early stresses, as not every one has room
WORD_ENDS = (1.0, 1.0, 1.5, 2.0)
FILLED, FILLED_RAP = (0.7, 0.8, 0.9, 1.0), 0.9
STRICTNESSES, ON_BEAT_STRICTNESS = (0.3, 0.5, 0.75, 1.0), 5.0
GAIT_STIFFNESS = 0.9
DOWNBEAT_WEIGHT = 2.5  # a bar's first beat is taken early more often than others
FIRST_DOWNBEAT_WEIGHT = 3.0  # and most of all where a line begins there
#: Beats that a line's first stress may wait after its bar begins: (after a pickup, without one).
ENTRIES = {True: (0.0, 0.0, 0.0, 1.0, 2.0, 2.0), False: (0.0, 1.0, 1.0, 2.0, 3.0)}
RAP_ENTRIES = {True: (0.0, 0.0, 0.0, 1.0), False: (0.0, 0.0, 1.0)}
#: Choruses are broader than verses, and what leads to them is closer.
SECTION_PACE = {"verse": 0.95, "prechorus": 0.9, "chorus": 1.12, "hook": 1.1, "bridge": 1.2}
HELD_WEIGHT = 1.8
HOOK_KINDS, HOOK_HELD = ("chorus", "hook", "drop"), 0.4
UNSTRESSED, PRIMARY = 0, 2
SIXTEENTH = 0.25  # quarters
EARLY_GENRE = 0.1  # genres that anticipate more than this may leave the beat


@dataclass(frozen=True)
class Phrasing:
    """One song's taste within its genre's."""

    cells: tuple[str, ...]
    anticipation: float  # share of the primary stresses
    sixteenths: float  # how likely a line moves in sixteenths
    pace: float  # longer than 1: slower words
    lilt: float  # how much longer a stressed syllable is than others, 0..1
    gait: tuple[float, ...]  # how long syllables are beside one another, over and over
    word_ends: float  # how much longer the last syllable of a word is
    strictness: float  # how much stresses want the beat: below 1 the cells may lead them off it
    filled: float  # share of a line's bars that its words may be spread over
    whim: float  # how far a syllable's length strays, in octaves
    snap: int  # the sixteenth of a beat, 1 to 3, where unstressed syllables like to be
    short_shifts: float  # of the early notes on a fine grid: by a step, not half a beat
    stiffness: float  # how even its gaps are
    held: float  # how likely a line holds one of its syllables


@cache
def song_pace(pace: float, seed: int) -> float:
    """How slow one song's words are: above 1 slower than others."""
    rng = draw(seed, "pace")
    return pace * rng.choice(PACES) * rng.uniform(0.9, 1.1)


@cache
def song_phrasing(habits: MelodyHabits, seed: int) -> Phrasing:
    rng = draw(seed, "phrasing")
    count = min(SONG_CELLS, len(habits.cells))
    is_early = habits.anticipation >= EARLY_GENRE
    gait = draw(seed, "gait").choice(GAITS)
    return Phrasing(
        cells=tuple(rng.sample(habits.cells, count)),
        anticipation=habits.anticipation * rng.uniform(0.8, 1.2),
        sixteenths=rng.choice(FINE_SHARES[rng.random() < habits.sixteenths])
        * min(1.0, habits.sixteenths / PLAIN_SIXTEENTHS),
        pace=song_pace(habits.pace, seed),
        lilt=rng.uniform(*LILTS),
        gait=gait,
        strictness=draw(seed, "strictness").choice(STRICTNESSES) if is_early else ON_BEAT_STRICTNESS,
        filled=draw(seed, "filled").choice(FILLED),
        word_ends=draw(seed, "word ends").choice(WORD_ENDS),
        whim=rng.uniform(*WHIMS),
        snap=rng.choice(SNAPS),
        short_shifts=rng.choice(SHORT_SHIFTS),
        stiffness=rng.uniform(*STIFFNESSES) + (GAIT_STIFFNESS if len(gait) > 1 else 0.0),
        held=rng.uniform(0.1, 0.5),
    )


@cache
def section_phrasing(habits: MelodyHabits, seed: int, kind: str) -> Phrasing:
    """The song's taste in one kind of section: what comes back has cells and a gait of its own, so that a
    chorus is told from its verses by its rhythm too, not by its height alone."""
    song = song_phrasing(habits, seed)
    if kind not in HOOK_KINDS:
        return song
    rng = draw(seed, "hook phrasing")
    cells = [cell for cell in habits.cells if cell not in song.cells] or list(habits.cells)
    return replace(
        song,
        cells=tuple(rng.sample(cells, min(SONG_CELLS, len(cells)))),
        gait=rng.choice([gait for gait in GAITS if gait != song.gait]),
        held=max(song.held, HOOK_HELD),
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


def gap_weights(syllables: Sequence[Syllable], phrasing: Phrasing, rng: Random) -> list[float]:
    """How long each syllable but the last wants to be, beside the others; 1 on average."""
    stresses = [syllable.stress for syllable in syllables]
    opening = opening_syllables(stresses)
    closes = [
        stress > UNSTRESSED or not syllable.word_start if later.word_start else False
        for stress, syllable, later in zip(stresses, syllables, syllables[1:], strict=False)
    ]
    by_stress = {0: 1 - phrasing.lilt / 2, 1: 1.0, 2: 1 + phrasing.lilt}
    weights = [
        by_stress[min(PRIMARY, stress)]
        * (phrasing.word_ends if closes[index] else 1.0)
        * phrasing.gait[(index - opening) % len(phrasing.gait)]
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
    ceilings: Sequence[int],
    phrasing: Phrasing,
    rng: Random,
) -> list[int]:
    """The places with the song's share of the primary stresses taken ahead of their beats.

    What stands in the way goes early with it. A stress stays where its forerunners find no
    place from `first` on, or are stressed themselves. `floors` and `ceilings`: places
    that each syllable needs, and bears.
    """
    found = list(places)
    half = max(1, round(grid.half / grid.step))
    stressed = [index for index, stress in enumerate(stresses) if stress >= PRIMARY]
    count = int(EARLY_SHARE * phrasing.anticipation * len(stressed) + rng.random())
    order = sorted(stressed, key=lambda index: _eagerness(grid, places[index], index, rng), reverse=True)
    for index in order:
        shifts = [half, 1] if grid.step == SIXTEENTH else [half]
        if rng.random() < phrasing.short_shifts:
            shifts.reverse()
        if count <= 0:
            break
        if grid.rank[found[index]]:
            continue
        for shift in shifts:
            if not _has_room(found, index, shift, floors, ceilings):
                continue
            if moved := _early(found, stresses, index, shift, first, floors):
                found, count = moved, count - 1
                break
    return found


def _eagerness(grid: Grid, place: int, index: int, rng: Random) -> float:
    weight = 1.0
    if grid.downbeat[place]:
        weight = DOWNBEAT_WEIGHT if index else FIRST_DOWNBEAT_WEIGHT
    return float(rng.random() ** (1 / weight))


def _has_room(
    places: Sequence[int], index: int, shift: int, floors: Sequence[int], ceilings: Sequence[int]
) -> bool:
    """Can the syllable come early without a hurry for the one before, or a drawl of its own?"""
    is_free = index == 0 or places[index] - places[index - 1] - shift >= floors[index - 1]
    follows = index + 1 >= len(places) or places[index + 1] - places[index] + shift <= ceilings[index]
    return is_free and follows


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
