"""Voices beside a line's lead: the partner of a duet, and a choir."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiomusic.engines.studio.compose.harmony import bends_of, chord_at, classes_of, move_in_scale
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.rhythm import is_strong
from audiomusic.engines.studio.compose.voices import Voice
from audiomusic.engines.studio.score import VocalLine

#: Scale degrees from the lead, in order of preference; 0 is the same melody in the voice's own octave.
HARMONISED = (2, -2, -5, 0)
UNISON = (0,)
CHOIR_BEHIND = ((2,), (0,), (-2,))  # behind a soloist: soprano, alto, tenor; the bass sings the chord's bass
CHOIR_ALONE = ((-2,), (-4,))  # below the soprano
OUT_OF_RANGE_COST, SECOND_CHOICE_COST = 20.0, 3.0
PARTNER_SOFTNESS, CHOIR_SOFTNESS = 0.95, 0.85


def write_partners(
    sheet: LeadSheet, section: PlacedSection, line: VocalLine, places: Sequence[int]
) -> list[VocalLine]:
    """Write `line` for the singers at `places`, each in their own range."""
    lead_is_choir = sheet.voices[line.singer].is_choir
    degrees = iter(CHOIR_ALONE if lead_is_choir else CHOIR_BEHIND)
    lines = []
    for place in places:
        voice = sheet.voices[place]
        if line.style == "rap":
            lift = voice.speech - sheet.voices[line.singer].speech
            pitches = [round(pitch + lift, 2) for pitch in line.pitches]
        elif voice.is_choir:
            pitches = _choir_pitches(sheet, section, line, voice, next(degrees, None))
        else:
            pitches = beside(sheet, section, line, voice, _solo_degrees(sheet))
        softness = CHOIR_SOFTNESS if voice.is_choir else PARTNER_SOFTNESS
        lines.append(
            replace(
                line,
                role="harmony" if voice.is_choir and not lead_is_choir else "partner",
                pitches=pitches,
                velocity=round(line.velocity * softness, 3),
                singer=place,
            )
        )
    return lines


def _solo_degrees(sheet: LeadSheet) -> tuple[int, ...]:
    is_harmonised = sheet.plan.kind == "vocals" or sheet.genre.melody.harmony
    return HARMONISED if is_harmonised else UNISON


def _choir_pitches(
    sheet: LeadSheet,
    section: PlacedSection,
    line: VocalLine,
    voice: Voice,
    degrees: tuple[int, ...] | None,
) -> list[float]:
    if degrees is not None:
        return beside(sheet, section, line, voice, degrees)
    basses = [chord_at(sheet.chords, onset).bass for onset in line.onsets]
    return [_folded(bass, *_range(section, voice)) for bass in basses]


def _range(section: PlacedSection, voice: Voice) -> tuple[float, float]:
    """Return the voice's range here. Before a final key change, lines are written lower than they sound."""
    return voice.low, voice.high - section.plan.lift


def beside(
    sheet: LeadSheet, section: PlacedSection, line: VocalLine, voice: Voice, degrees: Sequence[int]
) -> list[float]:
    """Return the line in the interval and octave that suit the voice best."""
    low, high = _range(section, voice)
    best: tuple[float, list[float]] | None = None
    for rank, away in enumerate(degrees):
        tune = [
            float(second_voice(sheet, onset, pitch, away))
            for onset, pitch in zip(line.onsets, line.pitches, strict=True)
        ]
        octave = 12 * round(((low + high) / 2 - sum(tune) / len(tune)) / 12)
        for shift in (octave, octave - 12, octave + 12):
            moved = [pitch + shift for pitch in tune]
            beyond = sum(not low <= pitch <= high for pitch in moved)
            apart = abs(sum(moved) / len(moved) - (low + high) / 2)
            cost = OUT_OF_RANGE_COST * beyond + SECOND_CHOICE_COST * rank + apart
            if best is None or cost < best[0]:
                best = cost, moved
    assert best is not None
    return [_folded(pitch, low, high) for pitch in best[1]]


def _folded(pitch: float, low: float, high: float) -> float:
    """Move the pitch by octaves into the range."""
    while pitch > high:
        pitch -= 12
    while pitch < low:
        pitch += 12
    return float(pitch)


def second_voice(sheet: LeadSheet, onset: float, pitch: float, degrees: int) -> float:
    """Return the pitch that many degrees of the key away, adjusted to the chord on strong beats."""
    if not degrees:
        return pitch
    span = chord_at(sheet.chords, onset)
    classes = classes_of(span)
    bends = bends_of(sheet.key, span.pitches[0] % 12, classes)
    moved = [move_in_scale(pitch, degrees + step, sheet.key) for step in (0, 1, -1)]
    options = [option + bends.get(option % 12, 0) for option in moved]
    if not is_strong(onset, sheet.metre):
        return options[0]
    return next((option for option in options if option % 12 in classes), options[0])
