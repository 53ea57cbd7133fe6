"""Tones beside the scale and the chord that a line passes on its way: approaches, appoggiaturas, blue notes.

The search of `melody` goes over degrees, so that whatever it finds is singable. What leaves the degrees
is put on afterwards, on notes whose next one makes it good: half a tone from where the line goes anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

from audiomusic.engines.studio.compose.harmony import chord_at, classes_of, scale_classes
from audiomusic.engines.studio.compose.rhythm import is_on_beat

if TYPE_CHECKING:
    from audiomusic.engines.studio.compose.melody import Tone, Tune

LEADING_CHANCE = 0.7  # of a seventh that steps up to the tonic in minor; less in pentatonic genres
SHORT_QUARTERS = 0.5  # an approach is no longer
LONGEST_QUARTERS = 1.0  # nor is a blue note, or one that leans
#: Semitones above the tonic that lie lower in the blues, by mode.
BLUE_DEGREES = {"major": (4, 7, 11), "minor": (7,)}
WHOLE_TONE = 2


def ornamented(
    tune: Tune, tones: Sequence[Tone], pitches: Sequence[int], low: int, high: int, rng: Random
) -> list[int]:
    """The line with some of its notes moved, by the genre's habits; none twice in a row, nor the last one."""
    found = list(pitches)
    is_moved = False
    for index, (tone, pitch, following) in enumerate(zip(tones, pitches, pitches[1:], strict=False)):
        moved = pitch if is_moved else _moved(tune, tone, tones[index + 1], pitch, following, rng)
        is_moved = moved != pitch and low <= moved <= high
        found[index] = moved if is_moved else pitch
    return found


def _moved(tune: Tune, tone: Tone, later: Tone, pitch: int, following: int, rng: Random) -> int:
    """Each rule draws its lot whether or not it fits, so that one note's choice leaves the others alone."""
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
    """A third, fifth or seventh that is short and goes down."""
    degree = (pitch - tune.key.tonic) % 12
    falls = 0 < pitch - following <= 4
    return degree in BLUE_DEGREES.get(tune.key.mode, ()) and falls and tone.length <= LONGEST_QUARTERS


def _approach(pitch: int, following: int, classes: frozenset[int]) -> int:
    """Half a tone beside the goal, on the line's own side; from below where it stands still."""
    if pitch == following:
        return following - 1
    if abs(pitch - following) != WHOLE_TONE or pitch % 12 in classes:
        return pitch
    return following + (1 if pitch > following else -1)


def _leaning(tune: Tune, tone: Tone, pitch: int) -> int:
    """A whole tone above, on the beat, before the note itself: half a tone would rub for too long."""
    leans = is_on_beat(tone.stands_on, tune.metre) and tone.length <= LONGEST_QUARTERS
    above = pitch + WHOLE_TONE
    return above if leans and above % 12 in scale_classes(tune.key) else pitch
