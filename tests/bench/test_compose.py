"""The figures of `bench compose`, on tunes with known values and on a few songs of the current composer."""

from functools import cache

import pytest

from audiomusic.bench.compose import figures as compose
from audiomusic.bench.compose.tunes import (
    REAL_VOCALS,
    SungTune,
    TuneNote,
    entropy_bits,
    phrases_of,
    tune_distance,
    tune_figures,
)
from audiomusic.engines.studio.score import ChordSpan
from audiomusic.engines.theory import Key

C_MAJOR = Key(0, "major")
C_CHORD = ChordSpan(0.0, 64.0, "C", (48, 52, 55), 36)


def scale_up(start, *, offset=0.0, length=0.5):
    """Return eight eighth notes up the C major scale."""
    steps = (60, 62, 64, 65, 67, 69, 71, 72)
    return [TuneNote(start + offset + place / 2, length, pitch) for place, pitch in enumerate(steps)]


def tune_of(notes):
    return SungTune(notes, [C_CHORD], C_MAJOR, 4.0, 0.5)


@cache
def few_songs():
    return [
        compose.write_song(genre, compose.FIRST_SEED + seed) for genre in ("rock", "folk") for seed in (0, 1)
    ]


def test_a_scale_is_all_steps_on_the_beat():
    figures = tune_figures(tune_of([note for bar in range(4) for note in scale_up(bar * 8.0)]))
    assert figures["steps"] == figures["scale_runs"] == figures["phrase_on_downbeat"] == 100
    assert figures["on_beat"] == 50
    assert figures["syncopated"] == figures["downbeats_anticipated"] == figures["gap_entropy"] == 0
    assert figures["phrase_falls"] == figures["chromatic"] == 0
    assert figures["notes_a_phrase"] == 8
    assert figures["notes_a_second"] == pytest.approx(4)
    assert figures["motif_recurs"] > 75


def test_a_note_held_over_an_empty_beat_is_syncopated():
    late = [
        TuneNote(place * 1.0 + 0.5, 1.0, 60) for bar in range(4) for place in range(bar * 12, bar * 12 + 7)
    ]
    figures = tune_figures(tune_of(late))
    assert figures["syncopated"] == 100
    assert figures["downbeats_anticipated"] == 100
    assert figures["on_beat"] == figures["phrase_start_entropy"] == 0
    assert figures["repeated_notes"] == 100


def test_a_tune_of_few_notes_is_not_measured():
    assert tune_figures(tune_of(scale_up(0.0))) == {}
    assert phrases_of([]) == []


def test_only_figures_of_real_songs_are_compared():
    notes = [note for bar in range(4) for note in scale_up(bar * 8.0)]
    distance, by_figure = tune_distance([tune_of(notes)])
    assert set(by_figure) <= set(REAL_VOCALS)
    assert by_figure["steps"] > 3
    assert distance > 1


def test_entropy_counts_in_bits():
    assert entropy_bits("abcd") == 2
    assert entropy_bits("aaaa") == entropy_bits("") == 0


def test_a_stress_before_an_empty_beat_anticipates():
    notes = [TuneNote(onset, 0.5, 60) for onset in (0.5, 1.5, 2.0, 3.75)]
    assert compose.anticipations(notes, [2, 2, 0, 2]) == [True, False, True]


def test_modulations_are_undone():
    song = next(
        song for seed in range(40) if (song := compose.write_song("country", seed)).score.notes.get("lift")
    )
    onset, semitones = song.score.notes["lift"].values()
    assert compose.raised_by(song.score, 0.0) == 0
    assert compose.raised_by(song.score, onset) == semitones
    assert song.tune.chords[-1].pitches[0] % 12 == song.score.key.tonic


def test_every_row_is_in_the_report():
    report = compose.make_report(few_songs())
    assert {"tune_distance", "rhythm_likeness", "anticipated_pct_rock", "chord_grams"} <= set(report.figures)
    assert set(report.wanted) <= set(report.figures)
    assert report.wanted["anticipated_pct_folk"] == {"max": 5}
