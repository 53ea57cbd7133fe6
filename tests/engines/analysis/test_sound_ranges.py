"""Where a song opens and fades out, in samples."""

import numpy as np

from audiomusic.engines.analysis.sound_ranges import closing_span, kept_ranges, opening_span

RATE_HZ = 48_000


def song(*levels):
    """Return noise with one second at each level."""
    noise = np.random.default_rng(1).standard_normal((2, len(levels) * RATE_HZ))
    return (noise * np.repeat(levels, RATE_HZ)).astype(np.float32)


def test_what_rings_out_is_made_anew():
    assert closing_span(song(*[0.1] * 8, 0.01, 0.001)) == 2 * RATE_HZ
    assert closing_span(song(*[0.1] * 20, *[0.0] * 12)) == 8 * RATE_HZ


def test_a_song_that_ends_at_once_is_joined_in_half_a_second():
    assert closing_span(song(*[0.1] * 6)) == RATE_HZ // 2
    assert opening_span(song(*[0.1] * 6)) == RATE_HZ // 2


def test_a_quiet_beginning_is_made_anew_for_two_seconds_at_most():
    assert opening_span(song(0.001, *[0.1] * 6)) == RATE_HZ
    assert opening_span(song(*[0.001] * 5, *[0.1] * 9)) == 2 * RATE_HZ


def test_silence_has_no_level():
    assert closing_span(song(*[0.0] * 4)) == RATE_HZ // 2


def test_what_stays_is_told_by_the_sources_own_time():
    sound = song(0.1, 0.1, 0.1)
    [first, last] = kept_ranges(sound, [(RATE_HZ, 2 * RATE_HZ)], 0)
    assert (first["source_start_s"], first["source_end_s"], last["at_s"]) == (0, 1, 2)
    [moved] = kept_ranges(sound, [(0, RATE_HZ)], RATE_HZ)
    assert (moved["source_start_s"], moved["source_end_s"], moved["at_s"]) == (0, 2, 1)
