"""Non-scale and non-chord tones on a line's way: approaches, appoggiaturas, blue notes.

`melody` searches over degrees, so everything it finds is singable. Chromatic tones are added afterwards, only
on notes that the next note resolves: a semitone from where the line is going.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.compose.rhythm import is_on_beat

if TYPE_CHECKING:
    from audiomusic.engines.studio.compose.melody import Tone, Tune

LEADING_CHANCE = 0.7  # for a seventh that rises to the tonic in minor; less in pentatonic genres
SHORT_QUARTERS = 0.5  # maximum length of an approach
LONGEST_QUARTERS = 1.0  # maximum length of a blue note or appoggiatura
#: Degrees lowered in the blues, in semitones above the tonic, by mode.
BLUE_DEGREES = {"major": (4, 7, 11), "minor": (7,)}
WHOLE_TONE = 2


def ornamented(
    tune: Tune, tones: Sequence[Tone], pitches: Sequence[int], low: int, high: int, rng: Random
) -> list[int]:
    """Alter some of the line's notes, by the genre's habits; never two in a row, nor the last one."""
    found = list(pitches)
    is_moved = False
    for index, (tone, pitch, following) in enumerate(zip(tones, pitches, pitches[1:], strict=False)):
        moved = pitch if is_moved else _moved(tune, tone, tones[index + 1], pitch, following, rng)
        is_moved = moved != pitch and low <= moved <= high
        found[index] = moved if is_moved else pitch
    return found


def _moved(tune: Tune, tone: Tone, later: Tone, pitch: int, following: int, rng: Random) -> int:
    """Apply the first rule that fits. Every rule draws a number, so no note's outcome affects another."""
    lots = [rng.random() for _ in range(4)]
    habits = tune.habits
    classes = classes_of(chord_at(tune.chords, tone.stands_on))
    if _is_seventh_to_tonic(tune, pitch, following, classes) and lots[0] < LEADING_CHANCE * (
        1 - habits.pentatonic
    ):
        return pitch + 1
    if lots[1] < habits.blue and _is_blue(tune, tone, pitch, following):
        return pitch - 1
    goal = classes_of(chord_at(tune.chords, later.stands_on))
    is_weak = not is_on_beat(tone.stands_on, tune.metre) and tone.length <= SHORT_QUARTERS
    if lots[2] < habits.chromatic and is_weak and following % 12 in goal:
        return _approach(pitch, following, classes)
    if lots[3] < habits.appoggiaturas and pitch == following and pitch % 12 in classes:
        return _leaning(tune, tone, pitch)
    return pitch


def _is_seventh_to_tonic(tune: Tune, pitch: int, following: int, classes: frozenset[int]) -> bool:
    is_seventh = tune.key.mode == "minor" and (pitch - tune.key.tonic) % 12 == 10
    return is_seventh and following == pitch + WHOLE_TONE and pitch % 12 not in classes


def _is_blue(tune: Tune, tone: Tone, pitch: int, following: int) -> bool:
    """Whether it is a short, descending third, fifth or seventh."""
    degree = (pitch - tune.key.tonic) % 12
    falls = 0 < pitch - following <= 4
    return degree in BLUE_DEGREES.get(tune.key.mode, ()) and falls and tone.length <= LONGEST_QUARTERS


def _approach(pitch: int, following: int, classes: frozenset[int]) -> int:
    """Return a semitone beside the goal, on the line's own side; from below if the line stands still."""
    if pitch == following:
        return following - 1
    if abs(pitch - following) != WHOLE_TONE or pitch % 12 in classes:
        return pitch
    return following + (1 if pitch > following else -1)


def _leaning(tune: Tune, tone: Tone, pitch: int) -> int:
    """Return a whole tone above, on the beat before the note itself: a semitone would clash for too long."""
    leans = is_on_beat(tone.stands_on, tune.metre) and tone.length <= LONGEST_QUARTERS
    above = pitch + WHOLE_TONE
    return above if leans and above % 12 in scale_classes(tune.key) else pitch
