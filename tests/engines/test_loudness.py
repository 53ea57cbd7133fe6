"""The meters, compared with pyloudnorm and scipy, which share no code with them."""

import math

import numpy as np
import pyloudnorm
import pytest
import scipy.signal

from audiomusic.engines import loudness

RATE = 48_000


def judge(samples):
    return pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(samples.T)


def noise(seconds, level=0.1, seed=1):
    return (np.random.default_rng(seed).standard_normal((2, int(seconds * RATE))) * level).astype(np.float32)


def test_the_reference_sine_reads_minus_three():
    t = np.arange(20 * RATE) / RATE
    sine = np.stack([np.sin(2 * np.pi * 997 * t), np.zeros_like(t)]).astype(np.float32)
    assert loudness.integrated_loudness(sine) == pytest.approx(-3.01, abs=0.01)


def test_noise_with_gaps_agrees_with_pyloudnorm():
    wave = noise(23.37)
    wave[:, 5 * RATE : 9 * RATE] *= 0.001
    wave[:, 12 * RATE : 15 * RATE] *= 0.2
    assert loudness.integrated_loudness(wave) == pytest.approx(judge(wave), abs=0.02)


def test_bass_and_treble_are_weighted_as_pyloudnorm_weights_them():
    t = np.arange(12 * RATE) / RATE
    for hz in (30, 60, 200, 1500, 9000):
        wave = np.stack([np.sin(2 * np.pi * hz * t)] * 2).astype(np.float32) * 0.3
        assert loudness.integrated_loudness(wave) == pytest.approx(judge(wave), abs=0.02), hz


def test_silence_is_minus_infinity_and_no_error():
    assert loudness.integrated_loudness(np.zeros((2, RATE), np.float32)) == -math.inf
    assert loudness.integrated_loudness(np.zeros((2, 10), np.float32)) == -math.inf


def test_a_short_burst_has_a_loudness():
    assert -40 < loudness.integrated_loudness(noise(0.2)) < -10


def test_true_peak_finds_what_lies_between_the_samples():
    t = np.arange(RATE) / RATE
    wave = np.stack([np.sin(2 * np.pi * RATE / 4 * t + np.pi / 4)] * 2).astype(np.float32)
    assert np.abs(wave).max() < 0.708
    assert 20 * math.log10(loudness.true_peak(wave)) == pytest.approx(0.0, abs=0.1)


def test_true_peak_agrees_with_an_eightfold_resampling():
    sos = scipy.signal.butter(6, 16_000, fs=RATE, output="sos")
    wave = scipy.signal.sosfilt(sos, noise(3, 0.2)).astype(np.float32)
    wanted = np.abs(scipy.signal.resample_poly(wave, 8, 1, axis=1)).max()
    assert 20 * math.log10(loudness.true_peak(wave) / wanted) == pytest.approx(0.0, abs=0.3)
