"""The outline that a plan gives before a note is composed: the sections in order, and the instruments."""

from __future__ import annotations

from typing import TypedDict

from audiomusic.engines.studio.compose.arrangement import seat_band
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.lead_sheet import write_sheet
from audiomusic.engines.studio.plan import Plan


class PlannedSectionBody(TypedDict):
    """One section of the form. `lines`: the number of sung lines."""

    kind: str
    label: str
    start: float
    bars: float
    lines: int


def plan_sections(plan: Plan) -> list[PlannedSectionBody]:
    """Return every section, with its start in seconds."""
    found: list[PlannedSectionBody] = []
    start = 0.0
    for section in plan.sections:
        found.append(
            PlannedSectionBody(
                kind=section.kind,
                label=section.label,
                start=round(start, 1),
                bars=section.bars,
                lines=len(section.lines),
            )
        )
        start += section.bars * plan.metre.bar_s
    return found


def plan_instruments(plan: Plan, seed: int) -> list[str]:
    """Return the band's instruments, each once, in caption words ("electric bass").

    An instrument that only answers another may stay silent.
    """
    if plan.sample_type == "one-shot":
        return []
    chairs = seat_band(write_sheet(plan, load_genres()[plan.genre], seed))
    names = [chair.instrument.replace("_", " ") for chair in chairs]
    return [*dict.fromkeys(names), *(["drums"] if plan.drums else [])]
