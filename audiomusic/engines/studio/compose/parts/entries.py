"""Who plays when within a section: entries, drop-outs, and stops before a climax."""

from __future__ import annotations

import math
from collections.abc import Sequence

from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.rhythm import beat_quarters
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Note

LEAST_BARS = 4  # minimum length of a section in which a player enters or leaves
#: Probability that a player enters or leaves in the middle of a section.
MOVES = {
    "intro": 0.85, "verse": 0.75, "prechorus": 0.5, "chorus": 0.5, "hook": 0.5, "bridge": 0.65,
    "solo": 0.45, "breakdown": 0.55, "drop": 0.3, "outro": 0.65,
}  # fmt: skip
LEAVING_KINDS = ("outro", "breakdown")
LEAVE_CHANCE = 0.25  # elsewhere
BASS_SHARE = 0.5  # factor on the probability for the bass
STOPPING_KINDS = ("chorus", "drop", "hook")
STOP_CHANCE = {"chorus": 0.25, "hook": 0.25, "drop": 0.7}
STOP_BEATS = {"chorus": (1, 1, 2), "hook": (1, 1, 2), "drop": (2, 2, 4)}

Windows = list[tuple[float, float]]


def holds_harmony(sheet: LeadSheet, part: GenrePart) -> bool:
    """Whether the harmony depends on this chair."""
    holders = [other for other in sheet.genre.parts if other.player in ("chords", "pad")]
    sure = [other for other in holders if other.chance >= 1.0 and not other.sections]
    return part.role == (sure or holders or [part])[0].role


def playing_window(sheet: LeadSheet, part: GenrePart, section: PlacedSection) -> tuple[float, float]:
    """Return where the part plays in a section: often all of it, otherwise one half."""
    whole = (section.onset, section.end)
    bar = sheet.metre.bar_quarters
    if sheet.plan.sample_type or section.plan.finale or section.length < LEAST_BARS * bar - 1e-6:
        return whole
    if (
        part.player not in ("chords", "pad", "bass")
        or holds_harmony(sheet, part)
        or _is_asked_for(sheet, part)
    ):
        return whole
    rng = draw(sheet.seed, "entry", part.role, section.kind, sheet.turn_of(section))
    chance = MOVES.get(section.kind, 0.3) * (BASS_SHARE if part.player == "bass" else 1.0)
    if rng.random() >= chance:
        return whole
    middle = section.onset + math.ceil(section.length / bar / 2 - 1e-6) * bar
    leaves = section.kind in LEAVING_KINDS or rng.random() < LEAVE_CHANCE
    return (section.onset, middle) if leaves else (middle, section.end)


def _is_asked_for(sheet: LeadSheet, part: GenrePart) -> bool:
    asked = {name for group in sheet.plan.wanted for name in group}
    return bool(asked & set(part.instruments))


def inside(notes: Sequence[Note], window: tuple[float, float]) -> list[Note]:
    """Return the notes that start in the window, cut at its end."""
    start, stop = window
    return [
        note._replace(length=min(note.length, stop - note.onset))
        for note in notes
        if start - 1e-6 <= note.onset < stop - 1e-6
    ]


def stop_windows(sheet: LeadSheet) -> Windows:
    """Return where the whole band stops for a beat or two: before some choruses and most drops."""
    windows: Windows = []
    if sheet.plan.sample_type or sheet.plan.kind == "vocals":
        return windows
    for section in sheet.sections:
        following = sheet.following(section)
        if following is None or following.kind not in STOPPING_KINDS or section.kind in STOPPING_KINDS:
            continue
        rng = draw(sheet.seed, "stop", following.kind)
        if rng.random() >= STOP_CHANCE[following.kind] or section.length < 2 * sheet.metre.bar_quarters:
            continue
        beats = rng.choice(STOP_BEATS[following.kind]) * beat_quarters(sheet.metre)
        windows.append((section.end - min(beats, sheet.metre.bar_quarters), section.end))
    return windows


def is_stopped(stops: Windows, onset: float) -> bool:
    return any(start - 1e-6 <= onset < stop - 1e-6 for start, stop in stops)


def with_stops(notes: Sequence[Note], stops: Windows) -> list[Note]:
    """Drop notes that start in a stop, and shorten notes that sound into it."""
    kept = []
    for note in notes:
        if is_stopped(stops, note.onset):
            continue
        edge = next((start for start, _ in stops if note.onset < start < note.onset + note.length), None)
        kept.append(note if edge is None else note._replace(length=max(0.05, edge - note.onset)))
    return kept
