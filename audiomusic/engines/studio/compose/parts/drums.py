"""The drummer: grooves by energy and metre, fills into the next section, and crashes on its downbeat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from random import Random

from audiomusic.engines.studio.compose.genres import Groove, bar_steps
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.parts.drum_phrases import (
    HALF_TIME_CHANCE,
    HALF_TIME_KINDS,
    HALF_TIME_MANNERS,
    PHRASE_BARS,
    half_time,
    phrase_steps,
)
from audiomusic.engines.studio.compose.parts.entries import is_stopped, stop_windows
from audiomusic.engines.studio.compose.parts.patterns import (
    STEADY_PIECES,
    STEP,
    read_in_metre,
    repeat,
)
from audiomusic.engines.studio.compose.playing.dynamics import swelling
from audiomusic.engines.studio.compose.rhythm import beat_quarters, is_on_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import DrumTrack, Hit

DRUM_LOUDNESS = {"X": 1.0, "x": 0.72, "o": 0.34}
SOFTEST = 0.06
MACHINES = ("electronic", "808")
LOOP_VARIETY = 0.5
FILL_ENERGY = 0.4
FINALE_CRASH_BARS = 4
LONG_SECTION_BARS = 8  # a longer one has a small fill in the middle
TIMEKEEPERS = frozenset({"kick", "closed_hat", "ride", "pedal_hat", "shaker"})


def write_drums(sheet: LeadSheet) -> DrumTrack | None:
    """Return the whole drum part, or None if the genre, the plan or the energy has no drums."""
    if not sheet.plan.drums or not sheet.genre.grooves:
        return None
    kit = choose_kit(sheet)
    hits: list[Hit] = []
    for section in sheet.sections:
        hits += _section_hits(sheet, section)
    stops = stop_windows(sheet)
    hits = [hit for hit in hits if not is_stopped(stops, hit.onset)]
    if hits and sheet.ring > 0.05 and _groove(sheet, sheet.sections[-1]):
        hits += [Hit(sheet.end, "kick", 0.85)]
        hits += [Hit(sheet.end, "crash", 0.75)] if sheet.genre.drums.crash_energy <= 1 else []
    hits = [hit for hit in hits if hit.piece not in sheet.plan.unwanted_pieces]
    return DrumTrack(kit, sorted(hits)) if hits else None


def choose_kit(sheet: LeadSheet) -> str:
    """Choose one of the genre's kits, from the decade that the caption names if possible."""
    era: list[str] = words_table("eras")[sheet.plan.era]["kits"] if sheet.plan.era else []
    own = [kit for kit in sheet.genre.kits if kit in era]
    return draw(sheet.seed, "kit").choice(own or era or sheet.genre.kits)


def _section_hits(sheet: LeadSheet, section: PlacedSection) -> list[Hit]:
    groove = _groove(sheet, section)
    if groove is None:
        return []
    rng = draw(sheet.seed, "drums", section.kind, section.index)
    feel = _feel(sheet.seed, choose_kit(sheet) in MACHINES)
    hits = _groove_hits(sheet, section, groove, feel, rng)
    for start, stop in _fill_windows(sheet, section, rng):
        hits = _with_fill(sheet, hits, start, stop, section.energy, rng)
    loud = section.energy >= sheet.genre.drums.crash_energy
    if loud and (section.index or section.energy > 0.7) and not sheet.is_loop:
        hits += [
            Hit(onset, "crash", _velocity(sheet, feel, "crash", "x", onset, section, rng))
            for onset in _crashes(sheet, section)
        ]
    return swelling(sheet, section, _one_a_place(hits))


def _crashes(sheet: LeadSheet, section: PlacedSection) -> list[float]:
    """Return where crashes fall: the start of the section; in the finale every four bars."""
    if not section.plan.finale:
        return [section.onset]
    gap = FINALE_CRASH_BARS * sheet.metre.bar_quarters
    return [section.onset + turn * gap for turn in range(max(1, math.ceil(section.length / gap - 1e-6)))]


def _one_a_place(hits: list[Hit]) -> list[Hit]:
    return list({(round(hit.onset, 4), hit.piece): hit for hit in hits}.values())


def _groove(sheet: LeadSheet, section: PlacedSection) -> Groove | None:
    """Return the busiest groove for the section's energy, in the song's metre if there is one."""
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


def _groove_hits(
    sheet: LeadSheet, section: PlacedSection, groove: Groove, feel: _Feel, rng: Random
) -> list[Hit]:
    steps = _phrase(sheet, section, groove)
    hits: list[Hit] = []
    for piece, cycle in steps.items():
        hits += [
            Hit(step.onset, piece, _velocity(sheet, feel, piece, step.sign, step.onset, section, rng))
            for step in repeat(cycle, section.onset, section.end, section.onset)
        ]
    return hits


def _phrase(sheet: LeadSheet, section: PlacedSection, groove: Groove) -> dict[str, str]:
    """Return the groove in the song's metre, expanded to a four-bar phrase. Loops vary less."""
    metre = sheet.metre.name
    steps = dict(groove.steps)
    if groove.metre != metre:
        steps = {piece: read_in_metre(text, metre, piece in STEADY_PIECES) for piece, text in steps.items()}
    habits = sheet.genre.drums
    may_halve = habits.manner in HALF_TIME_MANNERS and section.kind in HALF_TIME_KINDS
    if may_halve and not groove.sections and _halves_time(sheet, section):
        steps = half_time(steps, bar_steps(metre))
    variety = habits.variety * (LOOP_VARIETY if sheet.is_loop else 1.0)
    turn = sheet.turn_of(section)
    return phrase_steps(steps, metre, habits.manner, variety, section.energy, sheet.seed, section.kind, turn)


def _halves_time(sheet: LeadSheet, section: PlacedSection) -> bool:
    return draw(sheet.seed, "half time", section.kind).random() < HALF_TIME_CHANCE


def _velocity(
    sheet: LeadSheet, feel: _Feel, piece: str, sign: str, onset: float, section: PlacedSection, rng: Random
) -> float:
    """Return the velocity by sign, energy, position in bar and phrase, and the player's touch."""
    loudness = DRUM_LOUDNESS[sign] * (0.66 + 0.34 * section.energy)
    if piece in TIMEKEEPERS and piece != "kick":
        within = onset % sheet.metre.bar_quarters
        if not is_on_beat(within, sheet.metre):
            loudness *= feel.offbeat
        if abs(within % 0.5) > 1e-6:
            loudness *= feel.sixteenth
    phrase = PHRASE_BARS * sheet.metre.bar_quarters
    loudness *= 1 + feel.growth * (((onset - section.onset) % phrase) / phrase - 0.5)
    return round(min(1.0, max(SOFTEST, loudness * math.exp(rng.gauss(0.0, feel.hand)))), 3)


@dataclass(frozen=True)
class _Feel:
    """How a song's drummer plays: how soft offbeats are, how phrases crescendo, how even the touch is."""

    offbeat: float
    sixteenth: float
    growth: float
    hand: float


@cache
def _feel(seed: int, is_machine: bool) -> _Feel:
    rng = draw(seed, "drummer")
    machine = 0.7 if is_machine else 1.0
    return _Feel(
        offbeat=rng.uniform(0.5, 0.85),
        sixteenth=rng.uniform(0.55, 0.9),
        growth=machine * rng.uniform(0.1, 0.3),
        hand=machine * rng.uniform(0.14, 0.22),
    )


def _fill_windows(sheet: LeadSheet, section: PlacedSection, rng: Random) -> list[tuple[float, float]]:
    """Return where fills go: a section's end, longer before a louder one, and every eighth bar's last
    beat."""
    if not sheet.genre.fills or sheet.is_loop or section.energy < FILL_ENERGY:
        return []
    beat, bar = beat_quarters(sheet.metre), sheet.metre.bar_quarters
    windows = []
    length = min(bar, _fill_beats(sheet, section, rng) * beat)
    if section.length >= 2 * bar and length:
        windows.append((section.end - length, section.end))
    inner = section.onset + LONG_SECTION_BARS * bar
    while inner < section.end - bar:
        windows.append((inner - beat, inner))
        inner += LONG_SECTION_BARS * bar
    return windows


def _fill_beats(sheet: LeadSheet, section: PlacedSection, rng: Random) -> int:
    """Choose the beats of a fill: two or four into a louder section, one or two into a similar one, often
    none into a calmer one."""
    following = sheet.following(section)
    if following is None or following.energy > section.energy + 0.1:
        return rng.choice((2, 2, 4))
    if following.energy < section.energy - 0.1:
        return rng.choice((0, 1, 1, 2))
    return rng.choice((1, 2, 2))


def _with_fill(
    sheet: LeadSheet, hits: list[Hit], start: float, stop: float, energy: float, rng: Random
) -> list[Hit]:
    """Replace the groove with the fill's last steps; kick and hats may continue."""
    fill = rng.choice(sheet.genre.fills)
    kept = [hit for hit in hits if not start <= hit.onset < stop - 1e-6 or hit.piece in TIMEKEEPERS]
    steps = round((stop - start) / STEP)
    for piece, text in fill.items():
        tail = (text * 3)[-steps:]
        kept += [
            Hit(start + index * STEP, piece, _fill_velocity(sign, index / steps, energy, rng))
            for index, sign in enumerate(tail)
            if sign in DRUM_LOUDNESS
        ]
    return kept


def _fill_velocity(sign: str, place: float, energy: float, rng: Random) -> float:
    """Return the velocity of a fill's hit: fills crescendo."""
    loudness = DRUM_LOUDNESS[sign] * (0.66 + 0.34 * energy) * (0.8 + 0.25 * place)
    return round(min(1.0, max(SOFTEST, loudness + rng.gauss(0.0, 0.05))), 3)
