"""The long-term tone of a sound, measured and corrected."""

import numpy as np
import pytest
import torch

from audiomusic.engines.studio.synth.signals import fir_filter
from audiomusic.engines.studio.synth.tone import Bounds, band_levels_db, correction_db, tone_fir

torch.set_num_threads(1)
RATE = 48_000
FLAT = tuple((float(hz), 0.0) for hz in (100, 200, 400, 800, 1600, 3200, 6400))


def noise(slope_db):
    """Return three seconds of noise with random phases. Its energy per octave falls by exactly `slope_db`."""
    count = 3 * RATE
    hz = np.fft.rfftfreq(count, 1 / RATE).clip(20)
    turns = np.random.default_rng(3).random(len(hz))
    amplitude = hz**-0.5 * 10 ** (-slope_db * np.log2(hz / 800) / 20)
    wave = np.fft.irfft(amplitude * np.exp(2j * np.pi * turns), count)
    return torch.from_numpy(0.1 * wave / wave.std()).float()


def test_noise_falling_by_three_db_an_octave_measures_so():
    levels_db = band_levels_db([noise(3.0)], FLAT)
    assert np.diff(levels_db) == pytest.approx(-3.0, abs=0.25)


def test_the_correction_brings_the_wanted_tone():
    wave = noise(3.0)
    change = correction_db([wave], FLAT, Bounds(20.0))
    mended = fir_filter(wave[None], tone_fir(change, 20.0, 2.0))[0]
    levels_db = band_levels_db([mended], FLAT)
    assert np.ptp(levels_db) < 1.0


def test_no_band_moves_further_than_allowed():
    change_db = [db for _, db in correction_db([noise(9.0)], FLAT, Bounds(4.0))]
    assert min(change_db) == -4.0
    assert max(change_db) == 4.0


def test_silence_has_no_tone_to_mend():
    change = correction_db([torch.zeros(RATE)], FLAT, Bounds(6.0))
    assert all(np.isfinite(db) for _, db in change)
    assert torch.isfinite(tone_fir(change, 100.0, 3.0)).all()


def test_rumble_is_not_dug_up():
    change = dict(correction_db([noise(-9.0)], FLAT, Bounds(12.0, bass_hz=300.0, most_bass_db=1.0)))
    assert change[200.0] == 1.0
    assert change[6400.0] == -12.0
