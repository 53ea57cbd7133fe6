"""Riffs: figures on the scale above the chord's root, written as degrees and played the same by all."""

from __future__ import annotations

from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.harmony import (
    bends_of,
    chord_at,
    classes_of,
    move_in_scale,
    nearest,
    scale_classes,
)
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.compose.parts.patterns import Step


def riff_pitch(sheet: LeadSheet, step: Step, part: GenrePart) -> int:
    """Return the pitch of a degree above the root: 0 the root, 2 the third, 4 the fifth, 7 the octave."""
    span = chord_at(sheet.chords, step.onset)
    root = nearest(span.bass, part.register)
    if step.sign not in "123456789":
        return root
    base = root if root % 12 in scale_classes(sheet.key) else root - 1
    pitch = move_in_scale(base, int(step.sign), sheet.key)
    bends = bends_of(sheet.key, span.pitches[0] % 12, classes_of(span))
    return pitch + bends.get(pitch % 12, 0)
