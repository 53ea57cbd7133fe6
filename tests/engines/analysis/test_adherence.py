import numpy as np
import pytest

from audiomusic.engines.analysis.adherence import key_error, tempo_error
from audiomusic.engines.base import SAMPLE_RATE_HZ


def beats(bpm, duration_s=16.0):
    """Return a click track with an accent on every fourth beat: float32 [2, frames]."""
    samples = np.random.default_rng(0).normal(0, 1e-3, round(duration_s * SAMPLE_RATE_HZ))
    click = np.random.default_rng(1).normal(0, 0.2, 2400) * np.exp(-np.arange(2400) / 400)
    for beat, start in enumerate(np.arange(0, duration_s - 0.1, 60 / bpm)):
        at = round(start * SAMPLE_RATE_HZ)
        samples[at : at + 2400] += click * (1.0 if beat % 4 == 0 else 0.6)
    return np.stack([samples, samples]).astype("f")


def chords(roots, chord_s=2.0):
    """Return triads, each note with a few harmonics. `roots`: (MIDI number, third)."""
    time_s = np.arange(round(chord_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    parts = []
    for root, third in roots:
        hz = [440 * 2 ** ((root + step - 69) / 12) for step in (0, third, 7, 12)]
        parts.append(sum(0.05 / k * np.sin(2 * np.pi * k * f * time_s) for f in hz for k in (1, 2, 3)))
    mono = np.concatenate(parts)
    return np.stack([mono, mono]).astype("f")


C_MAJOR = [(48, 4), (53, 4), (55, 4), (48, 4)]


@pytest.mark.parametrize("bpm", [70.0, 96.0, 128.0, 174.0])
def test_the_tempo_that_is_played_is_no_error(bpm):
    assert tempo_error(beats(bpm), bpm) == 0.0


@pytest.mark.parametrize("octave", [0.5, 2.0])
def test_a_beat_counted_in_other_units_is_no_error(octave):
    assert tempo_error(beats(100.0), 100.0 * octave) == 0.0


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.06, 1.1])
def test_another_tempo_is_heard_and_measured(factor):
    wanted = abs(1 / factor - 1)
    assert tempo_error(beats(120.0), 120.0 * factor) == pytest.approx(wanted, abs=0.02)


def test_nothing_is_said_of_what_has_no_pulse():
    noise = np.random.default_rng(2).normal(0, 0.1, (2, 10 * SAMPLE_RATE_HZ)).astype("f")
    assert tempo_error(noise, 100.0) == 0.0
    assert tempo_error(beats(120.0, 4.0), 100.0) == 0.0
    assert tempo_error(np.zeros((2, 480_000), "f"), 100.0) == 0.0


def test_the_key_that_is_played_fits():
    assert key_error(chords(C_MAJOR), [(0.0, "C Major")]) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("tonic", ["C#", "D", "E", "F#", "Ab", "Bb", "B"])
def test_another_key_does_not(tonic):
    assert key_error(chords(C_MAJOR), [(0.0, f"{tonic} Major")]) > 0.4


def test_the_farther_the_key_the_worse():
    sound = chords(C_MAJOR)
    errors = [key_error(sound, [(0.0, f"{name} Major")]) for name in ("C", "G", "D", "F#")]
    assert errors == sorted(errors) and len(set(errors)) == 4


def test_a_planned_change_of_key_is_kept():
    sound = chords(C_MAJOR + [(root + 2, third) for root, third in C_MAJOR])
    assert key_error(sound, [(0.0, "C Major"), (8.0, "D Major")]) < 0.15
    assert key_error(sound, [(0.0, "C Major"), (8.0, "F# Major")]) > 0.3


def test_nothing_is_said_of_silence():
    assert key_error(np.zeros((2, 48_000), "f"), [(0.0, "C Major")]) == 0.0
