"""Resampling and filtering of a recording in one step, through its spectrum.

The inverse transform at M samples of a spectrum taken at S samples gives the same sound S / M times as fast,
without aliasing. It is exact, unlike interpolation, and filtering on the way costs nothing extra. Both sizes
have small prime factors, for fast FFTs.
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
MOST_LONGER = 1.4  # maximum size, relative to the length wanted
PRIMES = (2, 3, 5, 7, 11, 13)
GUARD = 512  # samples after a sound for the filter's ringing


@cache
def smooth_sizes() -> npt.NDArray[np.int64]:
    """Return even numbers without a prime factor over 13, in ascending order."""
    sizes = np.array([2], np.int64)
    for prime in PRIMES:
        powers = prime ** np.arange(int(np.log(LARGEST_SIZE) / np.log(prime)) + 1, dtype=np.int64)
        grown = (sizes[:, None] * powers).ravel()
        sizes = grown[grown <= LARGEST_SIZE]
    return np.unique(sizes)


def sizes_for(length: int, step: float) -> tuple[int, int]:
    """Return (samples to read, samples to write), both with small prime factors.

    At least `length` are written. The ratio is `step` : 1 to within `CLOSE`, an inaudible error.
    """
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
    """Resample float32 [n] to `length` samples, `step` input samples per output sample, through a filter.

    Silence is assumed after the wave: it should have died away, or continue for GUARD extra samples.
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
