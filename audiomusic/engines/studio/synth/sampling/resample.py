"""A recording at another pitch, and filtered, in one step.

A sound of S samples whose spectrum is written back as M samples is the same sound, S / M times as fast, with
nothing folded back: exact where interpolation is not, and filters on the way cost nothing more. Both sizes
have small prime factors, which fast Fourier transforms like.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ

#: A magnitude at frequencies in Hz: float32 [bins].
Response = Callable[[Tensor], Tensor]

LARGEST_SIZE = 1 << 23
CLOSE = 5e-5  # a twelfth of a cent
MOST_LONGER = 1.4  # than is wanted
PRIMES = (2, 3, 5, 7, 11, 13)
GUARD = 512  # samples after a sound in which what a filter spreads may end


@cache
def smooth_sizes() -> npt.NDArray[np.int64]:
    """Even numbers without a prime factor over 13, in order."""
    sizes = np.array([2], np.int64)
    for prime in PRIMES:
        powers = prime ** np.arange(int(np.log(LARGEST_SIZE) / np.log(prime)) + 1, dtype=np.int64)
        grown = (sizes[:, None] * powers).ravel()
        sizes = grown[grown <= LARGEST_SIZE]
    return np.unique(sizes)


def sizes_for(length: int, step: float) -> tuple[int, int]:
    """(samples to read, samples to write): at least `length` to write, in the ratio `step` : 1 to within
    `CLOSE`, which nobody hears. Both are smooth."""
    known = smooth_sizes()
    begin, end = np.searchsorted(known, (length, MOST_LONGER * length))
    written = known[begin:end]
    wanted = written * step
    after = np.searchsorted(known, wanted).clip(1, len(known) - 1)
    read = np.where(known[after] - wanted < wanted - known[after - 1], known[after], known[after - 1])
    off = np.abs(read / wanted - 1)
    close = np.flatnonzero(off < CLOSE)
    best = int(close[0]) if close.size else int(off.argmin())
    return int(read[best]), int(written[best])


def resampled(wave: Tensor, step: float, length: int, response: Response | None = None) -> Tensor:
    """float32 [n] read `step` of its samples for each of the `length` that come out, through a filter.

    Silence follows the wave: it should have died away, or go on for GUARD samples more than are wanted.
    """
    read, written = sizes_for(length + GUARD, step)
    spectrum = torch.fft.rfft(wave[:read], n=read)
    bins = written // 2 + 1
    kept = spectrum[:bins]
    if response is not None:
        kept = kept * response(torch.arange(len(kept), dtype=torch.float32) * (SAMPLE_RATE_HZ / written))
    full = torch.nn.functional.pad(kept, (0, bins - len(kept)))
    sound: Tensor = torch.fft.irfft(full, n=written)[:length]
    return sound * (written / read)
