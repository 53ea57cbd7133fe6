"""Conversions, compared with values that anyone can look up."""

import pytest

from audiomusic.engines import units


@pytest.mark.parametrize(("level_db", "gain"), [(0.0, 1.0), (20.0, 10.0), (-20.0, 0.1), (6.0206, 2.0)])
def test_levels_and_gains_convert_both_ways(level_db, gain):
    assert units.db_to_gain(level_db) == pytest.approx(gain, rel=1e-5)
    assert units.gain_to_db(gain) == pytest.approx(level_db, abs=1e-4)


def test_silence_reads_the_floor():
    assert units.gain_to_db(0.0) == -120.0
    assert units.gain_to_db(1e-9, floor_db=-90.0) == -90.0


@pytest.mark.parametrize(("pitch", "hz"), [(69, 440.0), (57, 220.0), (60, 261.6256), (21, 27.5)])
def test_pitches_have_their_frequencies(pitch, hz):
    assert units.midi_to_hz(pitch) == pytest.approx(hz, rel=1e-6)


def test_times():
    assert units.seconds_to_samples(0.5, 48_000) == 24_000
