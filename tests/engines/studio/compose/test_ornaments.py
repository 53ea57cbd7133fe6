"""Notes outside the scale and the chord: which notes move, and where."""

from dataclasses import replace
from random import Random

import pytest

from audiomusic.engines.studio.compose.genres import load_genres
from audiomusic.engines.studio.compose.melody import Tone, Tune
from audiomusic.engines.studio.compose.tunes.ornaments import ornamented
from audiomusic.engines.studio.score import ChordSpan, Metre
from audiomusic.engines.theory import Key

C_MAJOR, A_MINOR = Key(0, "major"), Key(9, "minor")
C_CHORD, A_CHORD = ChordSpan(0.0, 16.0, "C", (48, 52, 55), 36), ChordSpan(0.0, 16.0, "Am", (57, 60, 64), 45)
PLAIN = replace(load_genres()["rock"].melody, chromatic=0.0, appoggiaturas=0.0, blue=0.0, pentatonic=0.0)


def tune_of(key, chord, **habits):
    return Tune(key, Metre(4, 4, 100), [chord], replace(PLAIN, **habits))


def moved(tune, pitches, *, first=0.0, step=0.5, seeds=1):
    """Return every outcome of some seeds, for eighths that start at `first`."""
    tones = [Tone(first + index * step, step) for index in range(len(pitches))]
    return {tuple(ornamented(tune, tones, pitches, 40, 80, Random(seed))) for seed in range(seeds)}


def test_habits_of_nothing_leave_a_line_as_it_is():
    assert moved(tune_of(C_MAJOR, C_CHORD), [60, 62, 64, 62, 60], seeds=8) == {(60, 62, 64, 62, 60)}


@pytest.mark.parametrize(
    ("line", "approached"),
    [([60, 62, 64], [60, 63, 64]), ([60, 69, 67], [60, 68, 67]), ([60, 64, 64], [60, 63, 64])],
)
def test_a_short_note_off_the_beat_comes_from_half_a_tone_away(line, approached):
    assert moved(tune_of(C_MAJOR, C_CHORD, chromatic=1.0), line) == {tuple(approached)}


def test_nothing_is_approached_from_a_beat_or_from_afar():
    tune = tune_of(C_MAJOR, C_CHORD, chromatic=1.0)
    assert moved(tune, [62, 64], first=0.0) == {(62, 64)}
    assert moved(tune, [57, 64], first=0.5) == {(57, 64)}
    assert moved(tune, [60, 64, 62], first=0.0) == {(60, 64, 62)}  # the target is not a chord tone


def test_the_seventh_leads_to_the_tonic_in_minor():
    assert moved(tune_of(A_MINOR, A_CHORD), [64, 67, 69], seeds=20) == {(64, 67, 69), (64, 68, 69)}
    over_g = ChordSpan(0.0, 16.0, "G", (55, 59, 62), 43)
    assert moved(tune_of(A_MINOR, over_g), [64, 67, 69], seeds=20) == {(64, 67, 69)}
    assert moved(tune_of(A_MINOR, A_CHORD, pentatonic=1.0), [64, 67, 69], seeds=20) == {(64, 67, 69)}


def test_a_repeated_note_on_the_beat_is_leant_on_from_a_whole_tone_above():
    tune = tune_of(C_MAJOR, C_CHORD, appoggiaturas=1.0)
    assert moved(tune, [67, 67, 64]) == {(69, 67, 64)}
    assert moved(tune, [64, 64, 60]) == {(64, 64, 60)}  # a semitone above E would clash


def test_a_third_that_goes_down_is_blue():
    tune = tune_of(C_MAJOR, C_CHORD, blue=1.0)
    assert moved(tune, [64, 60, 62]) == {(63, 60, 62)}
    assert moved(tune, [64, 67, 72]) == {(64, 67, 72)}
    assert moved(tune, [64, 60], step=2.0) == {(64, 60)}  # held that long, it would sound wrong


def test_no_two_notes_in_a_row_move_and_never_the_last():
    tune = tune_of(C_MAJOR, C_CHORD, chromatic=1.0, appoggiaturas=1.0, blue=1.0)
    for outcome in moved(tune, [67, 67, 64, 62, 60, 64, 60], seeds=12):
        flags = [a != b for a, b in zip(outcome, [67, 67, 64, 62, 60, 64, 60], strict=True)]
        assert not flags[-1]
        assert not any(one and two for one, two in zip(flags, flags[1:], strict=False))
