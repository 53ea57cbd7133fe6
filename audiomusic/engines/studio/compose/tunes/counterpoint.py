"""A second voice against the melody: it moves where the melody holds, else in contrary motion."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, nearest
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.melody import Tone
from audiomusic.engines.studio.compose.rhythm import beat_quarters
from audiomusic.engines.studio.score import Note, VocalLine

REACH = 9  # semitones from the part's register
APART = 3  # minimum distance from the melody in semitones
#: Cost of an interval to the melody, in semitones within an octave: thirds and sixths are preferred.
INTERVAL_COSTS = {
    3: 0.0,
    4: 0.0,
    8: 0.1,
    9: 0.0,
    7: 0.8,
    0: 1.2,
    5: 1.0,
    10: 1.6,
    2: 2.0,
    6: 2.0,
    11: 3.0,
    1: 3.0,
}
PARALLEL_COST, STAND_COST, LEAP_COST, CLOSE_COST, FAR_COST = 1.0, 0.7, 0.18, 4.0, 0.05
LONGEST_BEATS = 4


def tune_notes(vocals: Sequence[VocalLine], played: Sequence[Note]) -> list[Note]:
    """Return what the ear follows: the notes of the lead vocal and the lead instrument."""
    sung = [
        Note(onset, length, pitch, line.velocity)
        for line in vocals
        if line.role == "lead" and line.style == "sing"
        for onset, length, pitch in zip(line.onsets, line.lengths, line.pitches, strict=True)
    ]
    return sorted([*sung, *played])


def counterpoint(
    sheet: LeadSheet, part: GenrePart, section: PlacedSection, tune: Sequence[Note]
) -> list[tuple[Tone, int]]:
    """Return tones and pitches for one section; empty if there is no melody."""
    heard = [note for note in tune if section.onset - 1e-6 <= note.onset < section.end - 1e-6]
    written: list[tuple[Tone, int]] = []
    if not heard:
        return written
    for start, stop in _slots(sheet, section, heard):
        before = written[-1][1] if written else part.register
        pitch = _pitch(sheet, part, start, before, heard)
        written.append((Tone(start, stop - start), pitch))
    return written


def _slots(sheet: LeadSheet, section: PlacedSection, tune: Sequence[Note]) -> list[tuple[float, float]]:
    """Return slots from beat to beat where the melody holds or a chord starts, at most four beats long."""
    beat = beat_quarters(sheet.metre)
    busy = {round(note.onset, 3) for note in tune}
    changes = {round(span.onset, 3) for span in sheet.chords}
    starts = [section.onset]
    place = section.onset + beat
    while place < section.end - 1e-6:
        is_free = round(place, 3) not in busy and place - starts[-1] >= beat - 1e-6
        if is_free or round(place, 3) in changes or place - starts[-1] >= LONGEST_BEATS * beat - 1e-6:
            starts.append(place)
        place += beat
    return list(zip(starts, [*starts[1:], section.end], strict=True))


def _pitch(sheet: LeadSheet, part: GenrePart, onset: float, before: int, tune: Sequence[Note]) -> int:
    """Return the chord tone with the best motion and interval against the melody."""
    classes = classes_of(chord_at(sheet.chords, onset))
    options = {
        pitch
        for tone in classes
        for centre in (part.register - 6, part.register, part.register + 6)
        if abs((pitch := nearest(tone, centre)) - part.register) <= REACH
    }
    sounding = [note for note in tune if note.onset <= onset + 1e-6]
    now, last = (sounding[-1], sounding[-2] if len(sounding) > 1 else None) if sounding else (None, None)
    moves = now.pitch - last.pitch if now and last else 0.0

    def cost(pitch: int) -> float:
        step = pitch - before
        price = LEAP_COST * abs(step) + FAR_COST * abs(pitch - part.register)
        price += STAND_COST if step == 0 else PARALLEL_COST * (step * moves > 0)
        if now:
            apart = abs(round(now.pitch) - pitch)
            price += INTERVAL_COSTS[apart % 12] + CLOSE_COST * (apart < APART)
        return price

    return min(sorted(options) or [part.register], key=cost)
