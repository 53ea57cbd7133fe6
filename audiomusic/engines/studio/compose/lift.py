"""The final key change: transpose everything from the last chorus on.

Sections are written in the home key and transposed when finished, so that a lifted chorus is the same chorus.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.compose.parts.players import fit_range
from audiomusic.engines.studio.score import ChordSpan, Track, VocalLine
from audiomusic.engines.theory import PITCH_NAMES


def lift_onset(sheet: LeadSheet) -> tuple[float, int]:
    """Return (start of the higher key in quarters, semitones), or (end, 0) without a key change."""
    lifted = next((section for section in sheet.sections if section.plan.lift), None)
    return (lifted.onset, lifted.plan.lift) if lifted else (sheet.stop, 0)


def raised_chords(sheet: LeadSheet) -> list[ChordSpan]:
    onset, semitones = lift_onset(sheet)
    return [_raised_chord(span, semitones) if span.onset >= onset - 1e-6 else span for span in sheet.chords]


def _raised_chord(span: ChordSpan, semitones: int) -> ChordSpan:
    return span._replace(
        name="/".join(_raised_name(part, semitones) for part in span.name.split("/")),
        pitches=tuple(pitch + semitones for pitch in span.pitches),
        bass=span.bass + semitones,
    )


def _raised_name(name: str, semitones: int) -> str:
    """Transpose a chord name: "F#m7" by 2 is "Abm7"."""
    letters = 2 if name[1:2] in ("#", "b") and name[:2] in PITCH_NAMES else 1
    place = (PITCH_NAMES.index(name[:letters]) + semitones) % 12
    return PITCH_NAMES[place] + name[letters:]


def lowered_chords(sheet: LeadSheet, chords: Iterable[ChordSpan]) -> list[ChordSpan]:
    """Return a finished score's chords in the home key, as on the sheet."""
    onset, semitones = lift_onset(sheet)
    return [_raised_chord(span, -semitones) if span.onset >= onset - 1e-6 else span for span in chords]


def lowered_vocal(sheet: LeadSheet, line: VocalLine) -> VocalLine:
    """Return a finished score's line in the home key, as on the sheet."""
    onset, semitones = lift_onset(sheet)
    if line.style == "rap" or line.onsets[-1] + line.lengths[-1] <= onset + 1e-6:
        return line
    return replace(line, pitches=[pitch - semitones for pitch in line.pitches])


def raised_track(sheet: LeadSheet, track: Track) -> Track:
    onset, semitones = lift_onset(sheet)
    notes = [
        note._replace(pitch=fit_range(note.pitch + semitones, track.instrument))
        if note.onset >= onset - 1e-6
        else note
        for note in track.notes
    ]
    return replace(track, notes=notes)


def raised_vocal(sheet: LeadSheet, line: VocalLine) -> VocalLine:
    """Transpose a sung line; rap stays as it is."""
    onset, semitones = lift_onset(sheet)
    if line.style == "rap" or line.onsets[-1] + line.lengths[-1] <= onset + 1e-6:
        return line
    return replace(line, pitches=[pitch + semitones for pitch in line.pitches])
