"""What a plan says of its song before a note is written: the sections in their order, and who plays."""

from __future__ import annotations

from typing import TypedDict

from audiomusic.engines.studio.compose.arrangement import seat_band
from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.lead_sheet import write_sheet
from audiomusic.engines.studio.plan import Plan


class PlannedSectionBody(TypedDict):
    """One part of the form. `lines`: how many are sung in it."""

    kind: str
    label: str
    start: float
    bars: float
    lines: int


def plan_sections(plan: Plan) -> list[PlannedSectionBody]:
    """Every section, with the seconds at which it begins."""
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
    """Who is seated, each once, in the words of a caption: "electric bass". A seat may stay silent that only
    answers another."""
    if plan.sample_type == "one-shot":
        return []
    chairs = seat_band(write_sheet(plan, load_genres()[plan.genre], seed))
    names = [chair.instrument.replace("_", " ") for chair in chairs]
    return [*dict.fromkeys(names), *(["drums"] if plan.drums else [])]
