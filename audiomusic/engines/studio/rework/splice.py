"""Splice new audio into an existing master, leaving everything outside the window unchanged."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.units import seconds_to_samples

FADE_S = 0.02

Samples = npt.NDArray[np.float32]


def spliced(master: Samples, made: Samples, start: int, stop: int, fade_s: float = FADE_S) -> Samples:
    """Return `master` [2, n] with samples `start` up to but excluding `stop` from `made` [2, stop - start].

    Both fades lie inside the window, so every sample outside is identical; there is no fade at the ends of
    the song. The fades are linear: what sounds across an edge is nearly identical in both, and equal-power
    fades would make it 3 dB louder there, above full scale. Raises ValueError for a window outside the song,
    or one that `made` does not fill.
    """
    n = master.shape[1]
    if not 0 <= start < stop <= n:
        raise ValueError(f"Expected a window within 0 to {n} samples, got {start} to {stop}.")
    if made.shape != (master.shape[0], stop - start):
        raise ValueError(f"Expected {stop - start} new samples, got {made.shape[1]}.")
    fade = min(seconds_to_samples(fade_s, SAMPLE_RATE_HZ), (stop - start) // 2)
    rise = ((np.arange(fade) + 1) / (fade + 1)).astype(np.float32)
    share = np.ones(stop - start, np.float32)
    if start > 0:
        share[:fade] = rise
    if stop < n:
        share[len(share) - fade :] = rise[::-1]
    old = master[:, start:stop]
    laid = share * made + (1 - share) * old
    song = master.copy()
    song[:, start:stop] = np.where(share == 1, made, laid).astype(np.float32)
    return song
