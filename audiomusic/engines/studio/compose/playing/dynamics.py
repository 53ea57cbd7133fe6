"""Crescendi: the last bars before a louder section grow into it, in every part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Hit, Note

Sound = TypeVar("Sound", Note, Hit)

GROWING_BARS = 4.0
LOUDER = 0.08  # how much more energy the next section must have
CHANCE = 0.8
#: How much softer the last bars begin, as a share of the loudness; they end louder by half of it.
GROWTH = {"intro": 0.12, "verse": 0.1, "prechorus": 0.24, "bridge": 0.2, "breakdown": 0.3, "solo": 0.1}


def swelling(sheet: LeadSheet, section: PlacedSection, played: Sequence[Sound]) -> list[Sound]:
    """Return the section's notes or hits, with a crescendo at the end if something louder follows."""
    growth = _growth(sheet, section)
    if not growth:
        return list(played)
    length = min(section.length, GROWING_BARS * sheet.metre.bar_quarters)
    start = section.end - length
    return [
        sound
        if sound.onset < start
        else _louder(sound, 1 - growth + 1.5 * growth * (sound.onset - start) / length)
        for sound in played
    ]


def _louder(sound: Sound, factor: float) -> Sound:
    return sound._replace(velocity=round(min(1.0, sound.velocity * factor), 3))


def _growth(sheet: LeadSheet, section: PlacedSection) -> float:
    following = sheet.following(section)
    if sheet.plan.sample_type or following is None or following.energy < section.energy + LOUDER:
        return 0.0
    grows = draw(sheet.seed, "swell", section.kind).random() < CHANCE
    return GROWTH.get(section.kind, 0.0) if grows else 0.0
