"""What the master guarantees, judged by pyloudnorm and scipy."""

import numpy as np
import pyloudnorm
import pytest
import scipy.signal
import torch

from audiomusic.engines.base import silent_monitor
from audiomusic.engines.studio import master
from audiomusic.engines.studio.mix import mixes
from audiomusic.engines.studio.synth.tone import Bounds, correction_db, tone_fir

torch.set_num_threads(1)
RATE = 48_000


def rough(seconds=6.0, level=0.05, seed=1):
    """Return roughly pink noise with a kick every half second and some DC."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    wave = scipy.signal.lfilter([1], [1, -0.95], rng.standard_normal((2, n)), axis=1) * level
    t = np.arange(RATE // 4) / RATE
    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-t * 18)
    for start in range(0, n - len(kick), RATE // 2):
        wave[:, start : start + len(kick)] += kick * 0.8
    return (wave + 0.02).astype(np.float32)


def judged_lufs(wave):
    return pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(wave.T)


def judged_peak_db(wave):
    return 20 * np.log10(np.abs(scipy.signal.resample_poly(wave, 8, 1, axis=1)).max())


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("level", [0.002, 0.05, 0.5])
def test_loudness_peak_and_dc(level, loop):
    wave = rough(level=level)
    master.finish(wave, mixes()["default"], loop, silent_monitor())
    assert np.isfinite(wave).all()
    assert judged_lufs(wave) == pytest.approx(-14.0, abs=0.15)
    assert judged_peak_db(wave) < -1.2
    assert np.abs(wave.mean(axis=1)).max() < 1e-3


def test_silence_stays_silence():
    wave = np.zeros((2, RATE), np.float32)
    master.finish(wave, mixes()["default"], False, silent_monitor())
    assert not wave.any()


def test_a_lone_click_is_not_blown_up_beyond_the_ceiling():
    wave = np.zeros((2, 3 * RATE), np.float32)
    wave[:, RATE] = 0.001
    master.finish(wave, mixes()["default"], False, silent_monitor())
    assert np.isfinite(wave).all()
    assert judged_peak_db(wave) < -1.2


@pytest.mark.parametrize("n", [1, 100, 4799, 48_000])
def test_short_sounds_keep_their_length(n):
    wave = rough(1.0)[:, :n].copy()
    master.finish(wave, mixes()["default"], False, silent_monitor())
    assert wave.shape == (2, n)
    assert np.isfinite(wave).all()


def test_the_limiter_never_lets_a_cell_through():
    cells = torch.rand(3000, generator=torch.Generator().manual_seed(3)) * 2
    for loop in (False, True):
        curve = master.limiter_curve(cells, 1.5, 0.8, loop)
        assert curve.shape == (3001,)
        assert float((torch.maximum(curve[:-1], curve[1:]) * cells).max()) <= 0.8 + 1e-5


def test_bass_becomes_mono_and_rumble_goes():
    t = np.arange(4 * RATE) / RATE
    wave = np.stack([np.sin(2 * np.pi * 60 * t), np.zeros_like(t)]).astype(np.float32)
    wave += np.sin(2 * np.pi * 8 * t).astype(np.float32)
    master.tidy(wave, mixes()["default"], False)
    middle = wave[:, RATE:-RATE]
    assert np.corrcoef(middle)[0, 1] > 0.9
    assert np.abs(np.fft.rfft(middle[0]))[16] < 0.3 * np.abs(np.fft.rfft(middle[0]))[120]


def test_pieces_join_without_seams():
    wave = rough(21.0)
    wanted = scipy.signal.fftconvolve  # a single pass of another convolver
    settings = mixes()["default"]
    pieces = [
        torch.from_numpy(piece) for piece in np.split(wave.mean(axis=0), [master.PIECE, 2 * master.PIECE])
    ]
    change = correction_db(
        pieces, settings.balance, Bounds(settings.most_balance_db, master.BASS_HZ, master.MOST_BASS_DB)
    )
    fir = tone_fir(change, settings.low_cut_hz, master.LOW_CUT_SLOPE).numpy()
    middle = wanted(wave.mean(axis=0), fir, mode="same")
    master.tidy(wave, settings, False)
    assert np.abs(wave.mean(axis=0) - middle).max() < 1e-4


def test_fades_end_in_silence():
    wave = np.ones((2, RATE), np.float32)
    master.fade_ends(wave)
    assert abs(wave[0, -1]) < 1e-6
    assert wave[0, 0] < 1e-6
    assert wave[0, RATE // 2] == 1.0
