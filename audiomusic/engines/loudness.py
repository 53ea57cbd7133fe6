"""Measures programme loudness and true peak according to ITU-R BS.1770-4, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.foreign.listening.k_weighting import highpass, shelf

Samples = npt.NDArray[np.float32] | torch.Tensor

HOP_S = 0.1  # gating blocks of 400 ms overlap by three quarters
HOPS_PER_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
SILENCE_LUFS = -math.inf

FRAME_HOPS = 12  # hops per FFT, small enough for the CPU's cache
FRAMES_AT_ONCE = 8
HISTORY_S = 0.15  # length of the K-weighting's impulse response, with more than 200 dB to spare

OVERSAMPLING = 4
TAPS_PER_PHASE = 32
PEAK_CHUNK = 1 << 18  # samples per step of the peak meter


@lru_cache(maxsize=16)
def _k_weighting(size: int, rate_hz: int) -> torch.Tensor:
    """Return the K-weighting's response at the bins of an rfft of `size`: complex64 [size // 2 + 1]."""
    turn = torch.arange(size // 2 + 1, dtype=torch.float64) * (-2 * math.pi / size)
    delay = torch.polar(torch.ones_like(turn), turn)  # z^-1
    response = torch.ones_like(delay)
    for b, a in (shelf(rate_hz), highpass(rate_hz)):
        response *= (b[0] + delay * (b[1] + delay * b[2])) / (a[0] + delay * (a[1] + delay * a[2]))
    return response.to(torch.complex64)


def _frame_powers(samples: torch.Tensor, start: int, hop: int, rate_hz: int) -> torch.Tensor:
    """Return the K-weighted power of the hops in FRAMES_AT_ONCE frames from sample `start`: float64
    [channels, hops]."""
    n, frame, history = samples.shape[1], FRAME_HOPS * hop, round(HISTORY_S * rate_hz)
    size = 1 << (frame + history - 1).bit_length()
    lead = size - frame
    stop = min(n, start + FRAMES_AT_ONCE * frame)
    piece = samples[:, max(0, start - lead) : stop]
    short = -(stop - start) % frame
    padded = torch.nn.functional.pad(piece, (max(0, lead - start), short))
    spectra = torch.fft.rfft(padded.unfold(1, size, frame)) * _k_weighting(size, rate_hz)
    weighted = torch.fft.irfft(spectra, n=size)[..., lead:]
    powers: torch.Tensor = weighted.unflatten(-1, (FRAME_HOPS, hop)).square().mean(-1, dtype=torch.float64)
    return powers.flatten(1)


def hop_powers(
    samples: Samples, rate_hz: int = SAMPLE_RATE_HZ, each: Callable[..., Iterable[torch.Tensor]] = map
) -> torch.Tensor:
    """Return the K-weighted power, summed over channels, of every whole 100 ms hop: float64 [hops].

    `samples` is float32 [channels, n]; all channels have equal weight, as left and right do. `each`: `map`,
    or a thread pool's `map`, which gives bit-identical results.
    """
    hop = round(HOP_S * rate_hz)
    wave = torch.as_tensor(samples)
    starts = range(0, wave.shape[1], FRAMES_AT_ONCE * FRAME_HOPS * hop)
    powers = list(each(lambda start: _frame_powers(wave, start, hop, rate_hz), starts))
    whole = wave.shape[1] // hop
    return torch.cat(powers, dim=1).sum(0)[:whole] if powers else torch.zeros(0, dtype=torch.float64)


def power_to_lufs(power: float) -> float:
    """Return the loudness of a K-weighted power (BS.1770-4, equation 2)."""
    return -0.691 + 10 * math.log10(power) if power > 0 else SILENCE_LUFS


def gated_loudness(hops: torch.Tensor) -> float:
    """Return the integrated loudness in LUFS from `hop_powers`; minus infinity for silence and under 400
    ms."""
    if hops.numel() < HOPS_PER_BLOCK:
        return SILENCE_LUFS
    blocks = hops.unfold(0, HOPS_PER_BLOCK, 1).mean(1)
    loud = blocks[blocks > 10 ** ((ABSOLUTE_GATE_LUFS + 0.691) / 10)]
    if not loud.numel():
        return SILENCE_LUFS
    gate = loud.mean() * 10 ** (RELATIVE_GATE_LU / 10)
    return power_to_lufs(float(loud[loud > gate].mean()))


def integrated_loudness(samples: Samples, rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """Return the integrated loudness in LUFS of float32 [channels, n]; minus infinity for silence.

    Audio shorter than one gating block (400 ms) is padded with silence.
    """
    wave = torch.as_tensor(samples)
    missing = round(HOPS_PER_BLOCK * HOP_S * rate_hz) - wave.shape[1]
    if missing > 0:
        wave = torch.nn.functional.pad(wave, (0, missing))
    return gated_loudness(hop_powers(wave, rate_hz))


@lru_cache(maxsize=1)
def _interpolator() -> torch.Tensor:
    """Return windowed-sinc interpolation filters, one row per phase 1/4, 2/4, 3/4: [3, 1, taps]."""
    offsets = torch.arange(TAPS_PER_PHASE, dtype=torch.float64) - (TAPS_PER_PHASE // 2 - 1)
    rows = []
    for phase in range(1, OVERSAMPLING):
        x = offsets - phase / OVERSAMPLING
        window = torch.cos(math.pi * x / TAPS_PER_PHASE) ** 2
        rows.append(torch.sinc(x) * window)
    return torch.stack(rows).unsqueeze(1).float()


def oversampled_peaks(wave: torch.Tensor, cell: int) -> torch.Tensor:
    """Return the largest magnitude, 4x oversampled and over all channels, in every cell of samples: [cells].

    `wave` is float32 [channels, n]; the last cell may be short. A cell includes the points from each of its
    samples up to the next.
    """
    channels, n = wave.shape
    cells = -(-n // cell)
    left, right = TAPS_PER_PHASE // 2 - 1, TAPS_PER_PHASE // 2
    padded = torch.nn.functional.pad(wave, (left, right + cells * cell - n))
    between = torch.nn.functional.conv1d(padded.unsqueeze(1), _interpolator())
    on = padded[:, left : left + cells * cell].abs()
    peaks = torch.maximum(between.abs().amax(1), on)
    return peaks.amax(0).reshape(cells, cell).amax(1)


def true_peak(samples: Samples) -> float:
    """Return the largest 4x oversampled magnitude of float32 [channels, n], as an amplitude (1.0 is 0
    dBTP)."""
    wave = torch.as_tensor(samples)
    peak = 0.0
    for start in range(0, wave.shape[1], PEAK_CHUNK):
        piece = wave[:, max(0, start - TAPS_PER_PHASE) : start + PEAK_CHUNK + TAPS_PER_PHASE]
        peak = max(peak, float(oversampled_peaks(piece, 1024).max()))
    return peak
