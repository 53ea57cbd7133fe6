"""New sound in a window: no sample changes outside, and nothing clicks inside."""

import numpy as np
import pytest

from audiomusic.engines.studio.rework.splice import spliced

RATE = 48_000


def noise(seed, count):
    return np.random.default_rng(seed).normal(0, 0.1, (2, count)).astype(np.float32)


@pytest.mark.parametrize(
    ("start", "stop"), [(10_000, 40_000), (0, 40_000), (10_000, RATE), (0, RATE), (5, 50)]
)
def test_outside_the_window_every_sample_is_the_same(start, stop):
    master, made = noise(1, RATE), noise(2, stop - start)
    song = spliced(master, made, start, stop)
    assert np.array_equal(song[:, :start], master[:, :start])
    assert np.array_equal(song[:, stop:], master[:, stop:])
    assert not np.array_equal(song[:, start:stop], master[:, start:stop])
    assert song.dtype == np.float32


def test_both_fades_lie_inside_and_the_middle_is_new():
    master, made = noise(1, RATE), noise(2, 20_000)
    song = spliced(master, made, 10_000, 30_000)
    assert np.array_equal(song[:, 10_960:29_040], made[:, 960:-960])
    edge = np.abs(song[:, 10_000] - master[:, 10_000]).max()
    assert edge < 0.01


def test_at_the_ends_of_the_song_there_is_nothing_to_fade_from():
    made = noise(2, RATE)
    assert np.array_equal(spliced(noise(1, RATE), made, 0, RATE), made)


def test_a_constant_sound_stays_about_as_loud_through_the_seam():
    song = spliced(noise(1, RATE), noise(2, RATE // 2), 10_000, 34_000)
    levels = [song[:, at : at + 480].std() for at in range(9_000, 12_000, 480)]
    assert max(levels) / min(levels) < 1.45  # uncorrelated sounds lose at most 3 dB


def test_what_goes_on_through_the_seam_is_no_louder_there():
    master = np.sin(np.arange(RATE) / 20, dtype=np.float32) * np.ones((2, 1), np.float32)
    song = spliced(master, master[:, 10_000:34_000], 10_000, 34_000)
    assert np.allclose(song, master, atol=1e-6)


@pytest.mark.parametrize(
    ("start", "stop", "made", "sentence"),
    [
        (-1, 10, 11, "Expected a window within 0 to 100 samples, got -1 to 10"),
        (10, 10, 0, "got 10 to 10"),
        (10, 101, 91, "got 10 to 101"),
        (10, 20, 11, "Expected 10 new samples, got 11"),
    ],
)
def test_a_window_that_does_not_fit_is_refused(start, stop, made, sentence):
    with pytest.raises(ValueError, match=sentence):
        spliced(noise(1, 100), noise(2, made), start, stop)
