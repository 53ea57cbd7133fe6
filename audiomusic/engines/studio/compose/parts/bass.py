"""The bass player's signs: the pitch of each over the current chord."""

from __future__ import annotations

from random import Random

from audiomusic.engines.studio.compose.harmony import (
    chord_at,
    move_in_scale,
    nearest,
    scale_classes,
    scale_pitches,
)
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.compose.parts.patterns import Step, sounding_from
from audiomusic.engines.studio.score import ChordSpan

LINE_REACH = 9  # maximum distance of a walking line from its register, in semitones
FROM_ABOVE, STRAIGHT_ON = 0.35, 0.65
#: Sign -> index of the chord tone, if the chord has it.
CHORD_TONES = {"3": 1, "5": 2, "7": 3}


def bass_note(sheet: LeadSheet, step: Step, register: int, previous: int | None, rng: Random) -> int:
    """Return a MIDI number near `register`, the middle of the bass's range. `previous` is the last note."""
    span = chord_at(sheet.chords, sounding_from(step))
    root = nearest(span.bass, register)
    if step.sign == "a":
        return _approach(sheet, chord_at(sheet.chords, step.onset + step.length), register, rng)
    if step.sign == "w":
        return _walk(sheet, step, register, previous, rng)
    if step.sign == "8":
        return root + 12
    if step.sign in CHORD_TONES:
        return _chord_tone(span, CHORD_TONES[step.sign], root)
    return root


def _chord_tone(span: ChordSpan, index: int, root: int) -> int:
    """Return the chord tone above the bass note, or the octave if the chord has no such tone."""
    if index >= len(span.pitches):
        return root + 12
    return root + ((span.pitches[index] - root) % 12 or 12)


def _approach(sheet: LeadSheet, following: ChordSpan, register: int, rng: Random) -> int:
    """Approach the next root from below or above: by a semitone if the genre likes it, else a scale step."""
    target = nearest(following.bass, register)
    is_above = rng.random() < FROM_ABOVE
    if is_chromatic(sheet):
        return target + 1 if is_above else target - 1
    near = scale_pitches(sheet.key, target - 3, target - 1)[-1:]
    near = scale_pitches(sheet.key, target + 1, target + 3)[:1] if is_above else near
    return near[0] if near else target


def is_chromatic(sheet: LeadSheet) -> bool:
    """Whether chromatic approaches are allowed. Not in a mode: the tones it leaves out define it."""
    return sheet.genre.chromatic_bass and not sheet.key.is_modal


def _walk(sheet: LeadSheet, step: Step, register: int, previous: int | None, rng: Random) -> int:
    """Return a note of a walking line: the root where a chord begins, an approach from either side before the
    next chord, and chord or scale tones in the line's direction in between."""
    span = chord_at(sheet.chords, step.onset)
    following = chord_at(sheet.chords, step.onset + step.length)
    here = previous if previous is not None else register
    root = _towards(span.bass, here, register)
    if step.onset - span.onset < 1e-6 or previous is None:
        return root
    target = _towards(following.bass, here, register)
    if following.onset > span.onset:
        sides = (-1, 1) if target >= here else (1, -1)
        side = sides[0] if rng.random() < STRAIGHT_ON else sides[1]
        if sheet.key.is_modal:
            return move_in_scale(target, side, sheet.key)
        return target + side * (1 if is_chromatic(sheet) else rng.choice((1, 2)))
    reach = _within_reach(sheet, span, here, register)
    onward = [pitch for pitch in reach if (pitch > here) == (target > here or here < register - 5)]
    return rng.choice(onward or reach or [root])


def _within_reach(sheet: LeadSheet, span: ChordSpan, here: int, register: int) -> list[int]:
    """Return chord tones up to a fourth away, and scale neighbours."""
    tones, scale = {pitch % 12 for pitch in span.pitches}, scale_classes(sheet.key)
    low, high = max(register - LINE_REACH, here - 5), min(register + LINE_REACH, here + 5)
    return [
        pitch
        for pitch in range(low, high + 1)
        if pitch != here and (pitch % 12 in tones or (abs(pitch - here) <= 2 and pitch % 12 in scale))
    ]


def _towards(pitch_class: int, here: int, register: int) -> int:
    """Return the pitch of this class nearest to the line and within the bass's reach."""
    pitch = nearest(pitch_class, here)
    while pitch > register + LINE_REACH:
        pitch -= 12
    while pitch < register - LINE_REACH:
        pitch += 12
    return pitch
