"""Vowels at one level: what is said swells and dies away, what is sung is there at once and stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiomusic.engines.studio.voice.expression import Curve

SHARE, RANGE_DB = 0.8, (-5.0, 9.0)  # of the spoken swell that is taken out, and within which bounds
PERCENTILE = 70  # of a vowel's own powers: the level that it is brought to
FEWEST = 4  # values; a shorter vowel has no swell


def level_vowels_db(at_s: Curve, power_db: Curve, vowels: Sequence[tuple[float, float]], glide: int) -> Curve:
    """Gains in dB at `at_s`, where a voice has `power_db`, that level each vowel (start and end in seconds).

    glide: values over which gains are averaged, so that none of them jumps.
    """
    lift_db = np.zeros(len(at_s))
    for start_s, end_s in vowels:
        first, stop = np.searchsorted(at_s, (start_s, end_s))
        if stop - first >= FEWEST:
            inside = power_db[first:stop]
            lift_db[first:stop] = np.clip(SHARE * (np.percentile(inside, PERCENTILE) - inside), *RANGE_DB)
    window = np.hanning(glide + 2)[1:-1]
    return np.convolve(lift_db, window / window.sum(), "same")
