"""The bass player's signs: which pitch each of them is over the chord of the moment."""

from __future__ import annotations

from audiomusic.engines.studio.compose.harmony import chord_at, nearest, scale_pitches
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.compose.parts.patterns import Step
from audiomusic.engines.studio.score import ChordSpan

#: Sign -> index of the chord tone, where the chord has it.
CHORD_TONES = {"3": 1, "5": 2, "7": 3}


def bass_note(sheet: LeadSheet, step: Step, register: int) -> int:
    """A MIDI number near `register`, the middle of the bass's range."""
    span = chord_at(sheet.chords, step.onset)
    root = nearest(span.bass, register)
    if step.sign == "a":
        return _approach(sheet, chord_at(sheet.chords, step.onset + step.length), register)
    if step.sign == "8":
        return root + 12
    if step.sign in CHORD_TONES:
        return _chord_tone(span, CHORD_TONES[step.sign], root)
    return root


def _chord_tone(span: ChordSpan, index: int, root: int) -> int:
    """The tone above the bass note; the octave where the chord has no such tone."""
    if index >= len(span.pitches):
        return root + 12
    return root + ((span.pitches[index] - root) % 12 or 12)


def _approach(sheet: LeadSheet, following: ChordSpan, register: int) -> int:
    """Below or above the next root: half a tone where the genre likes it, else a scale step."""
    target = nearest(following.bass, register)
    if sheet.genre.chromatic_bass:
        return target - 1
    below = scale_pitches(sheet.key, target - 3, target - 1)
    return below[-1] if below else target
