"""How a singer phrases: before the bar, after it, ahead of the beat, and with held notes.

A stress is placed on its beat first and anticipated afterwards, as singers do (Tan, Lustig and Temperley
2019). A cost for the early position would lose the beat that it anticipates.
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

SONG_CELLS = 4  # how many of the genre's cells one song uses
MAX_PICKUP_SYLLABLES, MAX_PICKUP_BEATS = 4, 1.5
PICKUP_S = 0.16, 0.36  # shortest and longest duration of a syllable in an upbeat
#: How songs differ: each value is drawn uniformly from a range, or from a list.
LILTS, WHIMS, STIFFNESSES = (0.0, 0.4), (0.05, 0.3), (0.2, 0.7)
FINE_SHARES = {True: (0.7, 0.85, 1.0), False: (0.1, 0.35, 0.6)}
PLAIN_SIXTEENTHS = 0.1  # a genre with a smaller share mostly stays on eighths
PACES, SNAPS = (0.88, 0.95, 1.05, 1.2, 1.4, 1.8, 2.2), (1, 2, 3, 3, 3)
SHORT_SHIFTS = (0.0, 0.3, 0.9)
#: Relative lengths of successive syllables, repeated: the gait of a song's words.
GAITS: tuple[tuple[float, ...], ...] = (
    (1.0, 0.7, 1.6), (1.5, 0.7), (0.6, 1.6), (2.0, 1.0, 1.0), (1.0, 1.0, 2.0), (1.5, 1.5, 1.0),
    (1.0, 2.0, 1.0),
    (1.0, 1.0, 1.0, 2.5), (3.0, 1.0, 1.0, 1.0), (2.0, 2.0, 1.0, 1.0),
)  # fmt: skip
EARLY_SHARE = 1.3  # factor on a song's share of early stresses, because not all have room
WORD_ENDS = (1.0, 1.0, 1.5, 2.0)
FILLED, FILLED_RAP = (0.7, 0.8, 0.9, 1.0), 0.9
STRICTNESSES, ON_BEAT_STRICTNESS = (0.3, 0.5, 0.75, 1.0), 5.0
GAIT_STIFFNESS = 0.9
DOWNBEAT_WEIGHT = 2.5  # a downbeat is anticipated more often than other beats
FIRST_DOWNBEAT_WEIGHT = 3.0  # most often at the start of a line
#: Beats from a line's bar to its first stress: (with an upbeat, without one).
ENTRIES = {True: (0.0, 0.0, 0.0, 1.0, 2.0, 2.0), False: (0.0, 1.0, 1.0, 2.0, 3.0)}
RAP_ENTRIES = {True: (0.0, 0.0, 0.0, 1.0), False: (0.0, 0.0, 1.0)}
#: Choruses are broader than verses, and sections that lead into them denser.
SECTION_PACE = {"verse": 0.95, "prechorus": 0.9, "chorus": 1.12, "hook": 1.1, "bridge": 1.2}
HELD_WEIGHT = 1.8
HOOK_KINDS, HOOK_HELD = ("chorus", "hook", "drop"), 0.4
UNSTRESSED, PRIMARY = 0, 2
SIXTEENTH = 0.25  # quarters
EARLY_GENRE = 0.1  # genres that anticipate more than this may leave the beat


@dataclass(frozen=True)
class Phrasing:
    """One song's rhythmic taste within its genre."""

    cells: tuple[str, ...]
    anticipation: float  # share of primary stresses
    sixteenths: float  # probability that a line moves in sixteenths
    pace: float  # above 1: slower words
    lilt: float  # how much longer a stressed syllable is than others, 0..1
    gait: tuple[float, ...]  # relative lengths of successive syllables, repeated
    word_ends: float  # factor on the length of a word's last syllable
    strictness: float  # how strongly stresses prefer the beat: below 1 the cells may move them off it
    filled: float  # share of a line's bars over which its words may spread
    whim: float  # random deviation of a syllable's length, in octaves
    snap: int  # the sixteenth of a beat, 1 to 3, that unstressed syllables prefer
    short_shifts: float  # share of early notes on a fine grid that move by one step, not half a beat
    stiffness: float  # how even the gaps are
    held: float  # probability that a line holds one of its syllables


@cache
def song_pace(pace: float, seed: int) -> float:
    """Return the pace of one song's words: above 1 is slower."""
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
    """Return the song's taste for one kind of section. Hooks get their own cells and gait, so that a chorus
    differs from its verses in rhythm too, not only in register."""
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
    """Return how many syllables precede the first stress, and so form the upbeat."""
    count = next((index for index, stress in enumerate(stresses) if stress > UNSTRESSED), 0)
    return min(count, MAX_PICKUP_SYLLABLES)


def pickup_quarters(stresses: Sequence[int], metre: Metre, anticipates: bool) -> float:
    """Return the room needed before a line's bar: for its upbeat, or for an early first note."""
    half = half_beat(metre)
    unit = half / 2 if metre.unit == 4 and half * metre.quarter_s > PICKUP_S[1] else half
    if unit * metre.quarter_s < PICKUP_S[0]:
        unit *= 2
    wanted = unit * opening_syllables(stresses)
    most = MAX_PICKUP_BEATS * beat_quarters(metre)
    return min(max(wanted + (half if anticipates else 0.0), 0.0), most)


def entry_beats(stresses: Sequence[int], rap: bool, rng: Random) -> float:
    """Return how many beats after its bar a line's first stress falls."""
    return rng.choice((RAP_ENTRIES if rap else ENTRIES)[opening_syllables(stresses) > 0])


def gap_weights(syllables: Sequence[Syllable], phrasing: Phrasing, rng: Random) -> list[float]:
    """Return the desired relative length of each syllable but the last; 1 on average."""
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
    """Anticipate the song's share of the primary stresses.

    Syllables in the way move early too. A stress stays if its predecessors find no place from `first` on, or
    are stressed themselves. `floors` and `ceilings` are the places that each syllable needs at least and may
    take at most.
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
    """Whether the syllable can be early without rushing the one before or lengthening itself too much."""
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
