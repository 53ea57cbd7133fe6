"""Responsive comping: chords make room while someone sings, and fill the pauses."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from audiomusic.engines.studio.compose.harmony import chord_at
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.parts.registers import SungBand
from audiomusic.engines.studio.compose.rhythm import beat_quarters, half_beat, is_on_beat
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.score import Note

PAUSE_BEATS = 1.5  # a shorter one is a breath
THINNED = 0.45  # share of offbeat strokes on sung notes that are dropped
SOFTER, LOUDER = 0.85, 1.12
ANSWER_CHANCE = 0.75


def answering(sheet: LeadSheet, section: PlacedSection, notes: Sequence[Note], band: SungBand) -> list[Note]:
    """Return the part's strokes: fewer and softer under the words, louder in the singer's pauses, and one
    more after the first beat of each pause without any."""
    rng = draw(sheet.seed, "comping", section.kind, sheet.turn_of(section))
    gaps = pauses(section, band, PAUSE_BEATS * beat_quarters(sheet.metre))
    chords: dict[float, list[Note]] = {}
    for note in sorted(notes):
        chords.setdefault(round(note.onset, 2), []).append(note)
    kept: list[Note] = []
    for onset, chord in chords.items():
        is_free = any(start - 1e-6 <= onset < stop for start, stop in gaps)
        if not is_free and not is_on_beat(onset, sheet.metre) and rng.random() < THINNED:
            continue
        loudness = LOUDER if is_free else SOFTER
        kept += [note._replace(velocity=round(min(1.0, note.velocity * loudness), 3)) for note in chord]
    return kept + [note for gap in gaps for note in _answer(sheet, gap, chords, rng)]


def pauses(section: PlacedSection, band: SungBand, least: float) -> list[tuple[float, float]]:
    """Return (from, to) in quarters where the singer is silent for at least `least` within the section."""
    edges = [(section.onset, section.onset), *zip(band.onsets, band.ends, strict=True)]
    starts = [*band.onsets, section.end]
    return [
        (end, start) for (_, end), start in zip(edges, starts, strict=True) if start - end >= least - 1e-6
    ]


def _answer(
    sheet: LeadSheet, gap: tuple[float, float], chords: dict[float, list[Note]], rng: Random
) -> list[Note]:
    """Strike the last chord again, off the beat, in a pause that has no stroke."""
    half, beat = half_beat(sheet.metre), beat_quarters(sheet.metre)
    start = -(-(gap[0] - 1e-6) // beat) * beat + half
    is_taken = any(gap[0] - 1e-6 <= onset < gap[1] for onset in chords)
    before = [onset for onset in chords if onset < start and _is_same_chord(sheet, onset, start)]
    if is_taken or not before or start + half > gap[1] or rng.random() >= ANSWER_CHANCE:
        return []
    return [
        note._replace(onset=start + note.onset - max(before), length=half) for note in chords[max(before)]
    ]


def _is_same_chord(sheet: LeadSheet, one: float, two: float) -> bool:
    return chord_at(sheet.chords, one) == chord_at(sheet.chords, two)
