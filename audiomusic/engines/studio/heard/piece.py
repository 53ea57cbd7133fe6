"""A piece that matches analysed audio: in its key, metre, tempo and chords, as a caption asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import EngineError, Monitor, SongRequest
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.compose.form import SECTION_ENERGY, PlannedSection
from audiomusic.engines.studio.heard.grid import BarGrid, Heard
from audiomusic.engines.studio.mixdown import mix_with_curves
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.score import ChordSpan, Score, SectionKind
from audiomusic.engines.studio.voice import choose_reader, sing, syllabify

LEAST_BARS = 1.0
PHRASE_BARS, LONG_BARS = 8, 12
DO_NOT_FIT = "words_do_not_fit"


@dataclass(frozen=True)
class PieceWish:
    """The wishes for a piece. `silent_bars` and `tail_bars` are the bars before and after the singing. With
    `closes` it ends with a last chord, `length_s` after its start; otherwise it is cut before that."""

    caption: str
    lyrics: str
    bars: int
    length_s: float
    silent_bars: int = 0
    tail_bars: int = 0
    closes: bool = False
    kind: SectionKind = "hook"

    @property
    def sung_bars(self) -> int:
        return max(0, self.bars - self.silent_bars - self.tail_bars)


@dataclass(frozen=True, eq=False)
class MatchingPiece:
    """The piece. `samples`: float32 [2, n], from the first bar line."""

    grid: BarGrid
    plan: Plan
    score: Score
    clips: list[VocalClip]
    samples: npt.NDArray[np.float32]


def make_piece(
    found: Heard,
    grid: BarGrid,
    chords: tuple[ChordSpan, ...],
    wish: PieceWish,
    seed: int,
    monitor: Monitor,
    workers: int,
) -> MatchingPiece:
    """Compose and render the piece. Raises EngineError if the words do not fit."""
    if wish.lyrics and wish.sung_bars < LEAST_BARS:
        raise EngineError("There is no whole bar here to sing words in.", DO_NOT_FIT)
    sung_s = (wish.sung_bars or wish.bars) * grid.bar_s
    asked = SongRequest(
        kind="song" if wish.lyrics else "instrumental",
        caption=wish.caption,
        seeds=(seed,),
        lyrics=wish.lyrics,
        duration_s=sung_s,
        max_duration_s=sung_s,
        bpm=grid.metre.bpm,
        keyscale=found["keyscale"],
        timesignature=grid.metre.name,
    )
    made = make_plan(asked, seed)
    sections = _sung(made, wish) if wish.lyrics else _played(made, wish)
    plan = replace(
        made,
        metre=grid.metre,
        sections=sections,
        duration_s=wish.length_s,
        fade_out_s=made.fade_out_s if wish.closes else 0.0,
    )
    reader = choose_reader(plan.language or "", is_sung=bool(plan.lyrics))
    score = compose(plan, seed, partial(syllabify, reader=reader), Given(chords=chords))
    score = replace(score, reader=reader)
    clips = sing(score, monitor.span("singing", 0.0, 0.3), workers)
    mixed = mix_with_curves(score, clips, monitor.span("rendering", 0.3, 1.0), workers)
    return MatchingPiece(grid, plan, score, clips, mixed.samples)


def _section(plan: Plan, kind: SectionKind, bars: float, label: str = "") -> PlannedSection:
    """Return a section with the energy that the plan's style and caption give to this kind."""
    energy = round(min(1.0, SECTION_ENERGY[kind] * (0.45 + 0.75 * plan.energy)), 3)
    return PlannedSection(kind, label or kind.capitalize(), bars, energy)


def _played(plan: Plan, wish: PieceWish) -> tuple[PlannedSection, ...]:
    """Return sections for a band: if long, alternating ones of eight bars; the last leads to the close."""
    kinds: tuple[SectionKind, ...] = (wish.kind,) if wish.bars < LONG_BARS else ("hook", "verse")
    sections: list[PlannedSection] = []
    left = wish.bars
    while left > 0:
        bars = left if left < LONG_BARS else PHRASE_BARS
        sections.append(_section(plan, kinds[len(sections) % len(kinds)], bars, f"New {len(sections) + 1}"))
        left -= bars
    return tuple(sections)


def _sung(plan: Plan, wish: PieceWish) -> tuple[PlannedSection, ...]:
    """Return the plan's sections with words, with only the band before and after them."""
    room = float(wish.sung_bars)
    sections: list[PlannedSection] = []
    for section in plan.sections:
        if section.lines and section.bars <= room + 1e-6:
            sections.append(replace(section, lift=0, finale=False))
            room -= section.bars
    planned = [line for section in sections for line in section.lines]
    wanted = [line.strip() for line in wish.lyrics.splitlines() if line.strip() and line.strip()[0] != "["]
    if len(planned) < len(wanted):
        raise EngineError(
            f"The {wish.sung_bars} whole bar(s) here have no room for the line {wanted[len(planned)]!r}.",
            DO_NOT_FIT,
        )
    if wish.silent_bars:
        sections.insert(0, _section(plan, "intro", wish.silent_bars))
    if room + wish.tail_bars >= LEAST_BARS:
        sections.append(_section(plan, "outro", room + wish.tail_bars))
    elif room > 0:
        sections[-1] = replace(sections[-1], bars=sections[-1].bars + room)
    return tuple(sections)
