"""Splicing new sound into the source."""

import numpy as np
import pytest

from audiomusic.engines.acestep.network.vae import matched_level, splice

RATE_HZ = 48_000


def steady(level, frames=2 * RATE_HZ):
    return np.full((2, frames), level, dtype=np.float32)


def test_outside_the_window_every_sample_is_the_sources():
    rng = np.random.default_rng(1)
    made, source = (rng.standard_normal((2, 2 * RATE_HZ)).astype(np.float32) for _ in range(2))
    spliced = splice(made, source, 10_000, 50_000)
    np.testing.assert_array_equal(spliced[:, :10_000], source[:, :10_000])
    np.testing.assert_array_equal(spliced[:, 50_000:], source[:, 50_000:])
    np.testing.assert_allclose(spliced[:, 15_000:45_000], made[:, 15_000:45_000], atol=1e-6)


def test_the_fades_lie_inside_and_keep_the_power():
    made, source = steady(0.5), -steady(0.5)
    fade = splice(made, source, 10_000, 50_000)[0, 10_000:11_920]
    assert fade[0] < -0.49 and fade[-1] > 0.49
    unrelated = np.random.default_rng(2).standard_normal((2, 2 * RATE_HZ)).astype(np.float32)
    joined = splice(unrelated, np.roll(unrelated, 7000, axis=1), 10_000, 50_000)
    assert np.std(joined[:, 10_000:11_920]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("start", "stop"), [(0, 30_000), (60_000, 96_000), (0, 96_000)])
def test_there_is_no_fade_where_the_song_begins_or_ends(start, stop):
    spliced = splice(steady(0.5), steady(0.1), start, stop)
    if start == 0:
        assert spliced[0, 0] == np.float32(0.5)
    if stop == 96_000:
        assert spliced[0, -1] == np.float32(0.5)


def test_a_window_shorter_than_its_fades():
    spliced = splice(steady(0.5), steady(0.1), 10_000, 10_100)
    assert np.abs(spliced[:, 10_000:10_100]).max() <= 0.6
    np.testing.assert_array_equal(spliced[:, 10_100:], steady(0.1)[:, 10_100:])


def test_a_model_that_made_less_leaves_the_rest():
    spliced = splice(steady(0.5, RATE_HZ), steady(0.1), 10_000, 2 * RATE_HZ)
    assert spliced.shape == (2, 2 * RATE_HZ)
    np.testing.assert_array_equal(spliced[:, RATE_HZ:], steady(0.1)[:, RATE_HZ:])


def test_the_level_is_the_sources_around_the_window():
    made, source = steady(0.4), steady(0.1)
    made[:, 10_000:50_000] = 0.8
    matched = matched_level(made, source, 10_000, 50_000)
    np.testing.assert_allclose(matched[0, [0, 20_000]], [0.1, 0.2], rtol=1e-5)


def test_silence_around_it_says_nothing_of_the_level():
    made = steady(0.4)
    np.testing.assert_array_equal(matched_level(made, steady(0.0), 10_000, 50_000), made)
    np.testing.assert_array_equal(matched_level(made, steady(0.1), 0, 2 * RATE_HZ), made)
