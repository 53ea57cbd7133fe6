"""The drummer: grooves by energy and metre, fills into what comes, crashes where it arrives."""

from __future__ import annotations

import math
from random import Random

from audiomusic.engines.studio.compose.genres import Groove
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.parts.patterns import (
    LOUDNESS,
    STEADY_PIECES,
    STEP,
    read_in_metre,
    repeat,
)
from audiomusic.engines.studio.compose.rhythm import beat_quarters
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import DrumTrack, Hit

CRASH_ENERGY = 0.55
FILL_ENERGY = 0.4
FINALE_CRASH_BARS = 4
LONG_SECTION_BARS = 8  # a longer one has a small fill in its middle
TIMEKEEPERS = frozenset({"kick", "closed_hat", "ride", "pedal_hat", "shaker"})


def write_drums(sheet: LeadSheet) -> DrumTrack | None:
    """The whole drum part; None where the genre, the plan or the energy wants none."""
    if not sheet.plan.drums or not sheet.genre.grooves:
        return None
    kit = choose_kit(sheet)
    hits: list[Hit] = []
    for section in sheet.sections:
        hits += _section_hits(sheet, section)
    if hits and sheet.ring > 0.05 and _groove(sheet, sheet.sections[-1]):
        hits += [Hit(sheet.end, "kick", 0.85), Hit(sheet.end, "crash", 0.75)]
    hits = [hit for hit in hits if hit.piece not in sheet.plan.unwanted_pieces]
    return DrumTrack(kit, sorted(hits)) if hits else None


def choose_kit(sheet: LeadSheet) -> str:
    """One of the genre's kits, of the decade that the caption names where there is one."""
    era: list[str] = words_table("eras")[sheet.plan.era]["kits"] if sheet.plan.era else []
    own = [kit for kit in sheet.genre.kits if kit in era]
    return draw(sheet.seed, "kit").choice(own or era or sheet.genre.kits)


def _section_hits(sheet: LeadSheet, section: PlacedSection) -> list[Hit]:
    groove = _groove(sheet, section)
    if groove is None:
        return []
    rng = draw(sheet.seed, "drums", section.kind, section.index)
    hits = _groove_hits(sheet, section, groove, rng)
    for start, stop in _fill_windows(sheet, section):
        hits = _with_fill(sheet, hits, start, stop, section.energy, rng)
    if section.energy >= CRASH_ENERGY and (section.index or section.energy > 0.7) and not sheet.is_loop:
        hits += [
            Hit(onset, "crash", _velocity("x", section.energy, rng)) for onset in _crashes(sheet, section)
        ]
    return _one_a_place(hits)


def _crashes(sheet: LeadSheet, section: PlacedSection) -> list[float]:
    """Where the section begins; in the finale every four bars."""
    if not section.plan.finale:
        return [section.onset]
    gap = FINALE_CRASH_BARS * sheet.metre.bar_quarters
    return [section.onset + turn * gap for turn in range(max(1, math.ceil(section.length / gap - 1e-6)))]


def _one_a_place(hits: list[Hit]) -> list[Hit]:
    return list({(round(hit.onset, 4), hit.piece): hit for hit in hits}.values())


def _groove(sheet: LeadSheet, section: PlacedSection) -> Groove | None:
    """The busiest groove the section's energy allows, of the song's metre where there is one."""
    grooves = sheet.genre.grooves
    own = [groove for groove in grooves if groove.metre == sheet.metre.name]
    fitting = [groove for groove in own or grooves if groove.energy <= section.energy + 1e-9]
    fitting = [g for g in fitting if own or g.metre == "4/4"]
    named = [groove for groove in fitting if any(kind in groove.sections for kind in section.kinds)]
    fitting = named or [groove for groove in fitting if not groove.sections]
    if not fitting and (sheet.is_loop or sheet.plan.sample_type or sheet.plan.wants_drums):
        fitting = [groove for groove in own or grooves if sheet.is_loop or not groove.sections] or list(
            grooves
        )
        fitting = fitting if sheet.plan.sample_type else [min(fitting, key=lambda groove: groove.energy)]
    if not fitting:
        return None
    best = max(groove.energy for groove in fitting)
    rng = draw(sheet.seed, "groove", section.kind)
    return rng.choice([groove for groove in fitting if groove.energy == best])


def _groove_hits(sheet: LeadSheet, section: PlacedSection, groove: Groove, rng: Random) -> list[Hit]:
    own = groove.metre == sheet.metre.name
    hits: list[Hit] = []
    for piece, text in groove.steps.items():
        cycle = text if own else read_in_metre(text, sheet.metre.name, piece in STEADY_PIECES)
        hits += [
            Hit(step.onset, piece, _velocity(step.sign, section.energy, rng))
            for step in repeat(cycle, section.onset, section.end, section.onset)
        ]
    return hits


def _velocity(sign: str, energy: float, rng: Random) -> float:
    return round(min(1.0, LOUDNESS[sign] * (0.74 + 0.26 * energy) + rng.uniform(-0.04, 0.04)), 3)


def _fill_windows(sheet: LeadSheet, section: PlacedSection) -> list[tuple[float, float]]:
    """The last two beats of a section, and the last beat of every eighth bar within it."""
    if not sheet.genre.fills or sheet.is_loop or section.energy < FILL_ENERGY:
        return []
    beat, bar = beat_quarters(sheet.metre), sheet.metre.bar_quarters
    windows = []
    if section.length >= 2 * bar:
        length = min(2 * beat, bar) if sheet.metre.unit == 4 else bar
        windows.append((section.end - length, section.end))
    inner = section.onset + LONG_SECTION_BARS * bar
    while inner < section.end - bar:
        windows.append((inner - beat, inner))
        inner += LONG_SECTION_BARS * bar
    return windows


def _with_fill(
    sheet: LeadSheet, hits: list[Hit], start: float, stop: float, energy: float, rng: Random
) -> list[Hit]:
    """The fill's last steps in place of the groove, whose kick and hats may go on."""
    fill = rng.choice(sheet.genre.fills)
    kept = [hit for hit in hits if not start <= hit.onset < stop - 1e-6 or hit.piece in TIMEKEEPERS]
    steps = round((stop - start) / STEP)
    for piece, text in fill.items():
        tail = (text * 2)[-steps:] if steps <= 2 * len(text) else text
        kept += [
            Hit(start + index * STEP, piece, _velocity(sign, energy, rng))
            for index, sign in enumerate(tail)
            if sign in LOUDNESS
        ]
    return kept
