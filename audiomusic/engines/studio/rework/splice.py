"""New sound laid into a master that was made, with everything outside the window left as it was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.units import seconds_to_samples

FADE_S = 0.02

Samples = npt.NDArray[np.float32]


def spliced(master: Samples, made: Samples, start: int, stop: int, fade_s: float = FADE_S) -> Samples:
    """`master` [2, n] with samples `start` up to, not including, `stop` from `made` [2, stop - start].

    Both fades lie inside the window, so that outside it every sample is the very same; at the ends of the
    song there is nothing to fade to or from. They are linear: what sings on through an edge is nearly the
    same in both, and of equal power it would be 3 dB louder there, above full scale. Raises ValueError for
    a window that lies outside, or that `made` does not fill.
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
