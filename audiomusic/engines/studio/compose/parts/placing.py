"""Place the syllables of one line in the time available."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np

from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.melody import MotifNote, Tone
from audiomusic.engines.studio.compose.parts.phrasing import (
    EARLY_GENRE,
    FILLED_RAP,
    HOOK_KINDS,
    SECTION_PACE,
    anticipated,
    entry_beats,
    gap_weights,
    opening_syllables,
    section_phrasing,
)
from audiomusic.engines.studio.compose.rhythm import (
    CELL_PULL,
    COMFORTABLE_STEP_S,
    ECHO_PULL,
    Array,
    Grid,
    beat_quarters,
    cell_places,
    choose_step,
    make_grid,
    place_syllables,
)
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Syllable

FIRST_ONSET_S = 0.3  # a voice needs time for the consonants before the first vowel
BREATH_S = {False: 0.32, True: 0.14}  # keyed by rap
IDEAL_GAP_S = {False: 0.29, True: 0.185}
FINAL_S = {False: 0.3, True: 0.18}  # what a line reserves for its last syllable if possible
LONGEST_S = {False: 1.6, True: 0.45}
LAST_LONGEST_S = {False: 2.4, True: 0.6}
SHORTEST_S = 0.06
#: Keyed by rap: seconds that a syllable needs from vowel to vowel, plus those for each consonant after the
#: first and for a stress.
SPOKEN_S = {False: (0.14, 0.03, 0.08), True: (0.09, 0.012, 0.03)}
#: Keyed by rap: minimum left to a syllable if the next one is early.
UNHURRIED_S = {False: 0.2, True: 0.1}
STRESSED = 2
ON_BEAT_CELL_PULL = 0.3  # replaces CELL_PULL in genres that stay on the beat
DRAWN_OUT_S = {False: 1.0, True: 0.4}  # keyed by rap: longest comfortable syllable inside a line
INSIDE_WORD_S = {False: 0.5, True: 0.3}  # inside a word, which falls apart sooner
EARLY_WORD_S = {False: 0.45, True: 0.3}  # the same if it is early as well
ENTRY_ROOM = 0.8  # share of a line's spare time that may pass before it enters
SNAP_PULL = 2.3  # characterises a song's rhythm more than its cells do
ON_BEAT_SNAP_PULL = 1.6  # replaces it in genres that stay on the beat
OFF_PULSE = 2  # from this rank on, stresses are unwelcome
_VOWELS = "aeiouyäöüáàâãéèêëíìîïóòôõúùûæœ"
_TAIL, _HEAD = re.compile(rf"[^{_VOWELS}\W\d]+$"), re.compile(rf"[^{_VOWELS}\W\d]+")
COMING_BACK = ("chorus", "hook", "prechorus")  # sections that return unchanged
CELL_ROUND = 4  # a section's cells repeat after this many lines


@dataclass(frozen=True)
class Slot:
    """The room for a line; quarters from the start of the song."""

    start: float
    length: float
    offset: float  # of the slot within its section
    rap: bool
    lead: float = 0.0  # how much of it precedes the line's bar

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass
class Memory:
    """What a section passes on to the next of its kind."""

    echoes: dict[int, list[float]] = field(default_factory=dict)  # line -> onsets relative to its bar
    motifs: dict[int, list[MotifNote]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Frame:
    """The places available to a line: indices of its grid."""

    grid: Grid
    first: int
    bar: int  # start of the line's bar
    last: int


def place_line(
    sheet: LeadSheet,
    section: PlacedSection,
    slot: Slot,
    index: int,
    syllables: Sequence[Syllable],
    memory: Memory,
) -> list[Tone]:
    """Return when each syllable sounds; empty if the line has no syllables or does not fit."""
    stresses = [syllable.stress for syllable in syllables]
    phrasing = section_phrasing(sheet.genre.melody, sheet.seed, section.kind)
    rng = draw(sheet.seed, "rhythm", section.kind, index % CELL_ROUND)
    frame = _frame(sheet, slot, len(stresses), rng.random() < phrasing.sixteenths)
    if frame is None:
        return []
    pull = _pull(sheet, frame, section, index, slot.offset, memory)
    places = _places(sheet, section, slot, index, frame, syllables, pull, rng)
    step = frame.grid.step
    floors = _floors(sheet, syllables, slot.rap, step)
    unhurried = math.ceil(UNHURRIED_S[slot.rap] / (step * sheet.metre.quarter_s) - 0.1)
    kept = [max(floor, unhurried) for floor in floors]
    ceilings = _ceilings(syllables, slot.rap, step * sheet.metre.quarter_s, EARLY_WORD_S)
    early = anticipated(places, stresses, frame.grid, frame.first, kept, ceilings, phrasing, rng)
    memory.echoes.setdefault(index, [(place - frame.bar) * step for place in places])
    onsets = [slot.start + place * step for place in early]
    beats = [slot.start + place * step for place in places]
    return _with_lengths(onsets, beats, slot, sheet.metre.quarter_s)


def _frame(sheet: LeadSheet, slot: Slot, count: int, is_fine: bool) -> _Frame | None:
    metre = sheet.metre
    breath = _breath(slot, metre.quarter_s)
    late = max(0.0, FIRST_ONSET_S / metre.quarter_s - slot.start)
    step = choose_step(metre, slot.length - breath - late, count, is_fine) if count else None
    if step is None:
        return None
    grid = make_grid(metre, slot.offset, slot.length, step)
    first = int(np.ceil(late / step - 1e-9))
    final = max(step, FINAL_S[slot.rap] / metre.quarter_s)
    last = max(first + count - 1, int((slot.length - breath - final) / step + 1e-6))
    return _Frame(grid, first, max(first, round(slot.lead / step)), min(last, grid.count - 1))


def _breath(slot: Slot, quarter_s: float) -> float:
    return min(BREATH_S[slot.rap] / quarter_s, slot.length * 0.25)


def _places(
    sheet: LeadSheet,
    section: PlacedSection,
    slot: Slot,
    index: int,
    frame: _Frame,
    syllables: Sequence[Syllable],
    pull: Array,
    rng: Random,
) -> list[int]:
    """Place the first stress at its entry after the bar, and the upbeat before it."""
    stresses = [syllable.stress for syllable in syllables]
    phrasing = section_phrasing(sheet.genre.melody, sheet.seed, section.kind)
    step, opening = frame.grid.step, opening_syllables(stresses)
    pace = phrasing.pace * SECTION_PACE.get(section.kind, 1.0)
    gaps = len(stresses) - 1 - opening
    filled = FILLED_RAP if slot.rap else phrasing.filled
    widest = filled * (frame.last - frame.bar) / max(1, gaps)
    gap = max(1.0, min(widest, IDEAL_GAP_S[slot.rap] * pace / sheet.metre.quarter_s / step))
    span = gaps * gap
    beat = beat_quarters(sheet.metre) / step
    spare = max(0.0, frame.last - frame.bar - span) * ENTRY_ROOM
    turn = 0 if section.kind in COMING_BACK else sheet.turn_of(section)
    place = index % 2 if section.kind in HOOK_KINDS else index  # a hook enters where it did before
    wish = entry_beats(stresses, slot.rap, draw(sheet.seed, "entry", section.kind, place, turn))
    entry = min(wish, spare // beat) * beat
    start = max(frame.bar + round(entry), frame.first + opening)
    return place_syllables(
        stresses, frame.grid, pull, frame.first, start, frame.last, min(frame.last, start + round(span)),
        opening=opening, weights=gap_weights(syllables, phrasing, rng), stiffness=phrasing.stiffness,
        floors=_floors(sheet, syllables, slot.rap, step),
        strict=phrasing.strictness,
        ceilings=_ceilings(syllables, slot.rap, step * sheet.metre.quarter_s, INSIDE_WORD_S),
    )  # fmt: skip


def _floors(sheet: LeadSheet, syllables: Sequence[Syllable], rap: bool, step: float) -> list[int]:
    """Return how many places each syllable but the last needs to be understood: more where consonants meet.
    One for upbeats, and in genres that stay on the beat, where leaving it is more noticeable."""
    if sheet.genre.melody.anticipation < EARLY_GENRE:
        return [1] * (len(syllables) - 1)
    step_s = step * sheet.metre.quarter_s
    opening = opening_syllables([syllable.stress for syllable in syllables])
    least = 1 if step_s > COMFORTABLE_STEP_S or rap else 2
    return [
        least if index < opening else math.ceil(_spoken_s(one, two, rap) / step_s - 0.1)
        for index, (one, two) in enumerate(itertools.pairwise(syllables))
    ]


def _ceilings(
    syllables: Sequence[Syllable], rap: bool, step_s: float, inside_s: Mapping[bool, float]
) -> list[int]:
    """Return how many places each syllable but the last may take before its word falls apart."""
    longest_s = [(DRAWN_OUT_S if following.word_start else inside_s)[rap] for following in syllables[1:]]
    return [max(1, int(seconds / step_s + 0.1)) for seconds in longest_s]


def _spoken_s(one: Syllable, two: Syllable, rap: bool) -> float:
    """Return the seconds from a syllable's vowel to the next that a listener needs."""
    least, each, stressed = SPOKEN_S[rap]
    longer = stressed if one.stress >= STRESSED else 0.0
    return least + longer + each * max(0, _consonants_between(one, two) - 1)


def _consonants_between(one: Syllable, two: Syllable) -> int:
    """Count the consonant letters between two vowels, as an estimate: each is a sound that takes time."""
    ending = _TAIL.search(one.text.casefold())
    opening = _HEAD.match(two.text.casefold())
    return sum(len(part[0]) for part in (ending, opening) if part)


def _pull(
    sheet: LeadSheet, frame: _Frame, section: PlacedSection, index: int, offset: float, memory: Memory
) -> Array:
    """Return each place's attraction: a cell for this line, the line it answers, and a random component."""
    phrasing = section_phrasing(sheet.genre.melody, sheet.seed, section.kind)
    rng = draw(sheet.seed, "cell", section.kind, index % CELL_ROUND)
    grid = frame.grid
    is_early = sheet.genre.melody.anticipation >= EARLY_GENRE
    taste = CELL_PULL if is_early else ON_BEAT_CELL_PULL
    pull = taste * cell_places(phrasing.cells, sheet.metre, grid, offset, rng)
    is_hook = section.kind in HOOK_KINDS and index % 2 == 1
    answered = index if index in memory.echoes else index - 2 if index % 4 == 2 else None
    answered = index - 1 if is_hook and answered is None else answered
    for onset in memory.echoes.get(answered, []) if answered is not None else []:
        place = frame.bar + round(onset / grid.step)
        if 0 <= place < grid.count and abs((place - frame.bar) * grid.step - onset) < 1e-6:
            pull[place] += ECHO_PULL
    if grid.step == 0.25 and sheet.metre.unit == 4:
        sixteenth = (np.arange(grid.count) + round(offset / 0.25)) % 4
        pull[(sixteenth == phrasing.snap) & (grid.rank >= OFF_PULSE)] += (
            SNAP_PULL if is_early else ON_BEAT_SNAP_PULL
        )
    whim: Array = np.array([rng.random() * 0.3 for _ in range(grid.count)])
    return pull + whim


def _with_lengths(onsets: list[float], beats: list[float], slot: Slot, quarter_s: float) -> list[Tone]:
    longest = LONGEST_S[slot.rap] / quarter_s
    room = slot.end - _breath(slot, quarter_s) - onsets[-1]
    final = max(SHORTEST_S / quarter_s, min(room, LAST_LONGEST_S[slot.rap] / quarter_s))
    gaps = [min(later - onset, longest) for onset, later in zip(onsets, onsets[1:], strict=False)]
    return [
        Tone(onset, length, beat) for onset, length, beat in zip(onsets, [*gaps, final], beats, strict=True)
    ]
