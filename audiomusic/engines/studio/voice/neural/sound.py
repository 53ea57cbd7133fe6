"""Synthesis from per-frame filters: filtered voice source, consonants, breath, and air on top."""

from __future__ import annotations

import math

import numpy as np
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.expression import Curve
from audiomusic.engines.studio.voice.neural.network import BIN_HZ, BINS, FRAME_S

HOP = round(FRAME_S * SAMPLE_RATE_HZ)
SIZE = round(
    SAMPLE_RATE_HZ / BIN_HZ
)  # a 50 ms window: the network's bins are the lowest ones of this transform
ALL_BINS = SIZE // 2 + 1
LOUDEST = 7.0  # maximum log amplitude, as in the network's own synthesis
#: The network ends at 12 kHz and is weak just below. Its top is extended above that, falling.
AIR_FROM_HZ, AIR_READ_HZ = 11_200.0, (8_500.0, 10_500.0)
AIR_DB_PER_OCTAVE = 14.0
AIR_TO_HZ, AIR_END_HZ = 17_000.0, 20_500.0
_NEPER_DB = 20 / math.log(10)


def window() -> torch.Tensor:
    return torch.hann_window(SIZE, periodic=True)


def voiced_spectra(source: torch.Tensor, frames: int) -> torch.Tensor:
    """Return the source's spectra [BINS, frames]; a harmonic of unit amplitude is 1 at its bin."""
    needed = (frames - 1) * HOP
    padded = torch.nn.functional.pad(source, (0, max(0, needed - len(source) + 1)))
    spectra = torch.stft(
        padded, SIZE, HOP, window=window() / (SIZE / 4), center=True, pad_mode="reflect", return_complex=True
    )
    return spectra[:BINS, :frames]


def to_sound(spectra: torch.Tensor) -> torch.Tensor:
    """Overlap-add spectra [ALL_BINS, frames]; return float32 [frames * HOP]."""
    frames = spectra.shape[1]
    steps = SIZE // HOP
    shape = window()
    pieces = torch.fft.irfft(spectra.T * (SIZE / 1200), SIZE) * shape
    rows = pieces.reshape(frames, steps, HOP)
    weights = shape.square().reshape(steps, HOP)
    total, weight = torch.zeros(frames + steps - 1, HOP), torch.zeros(frames + steps - 1, HOP)
    for step in range(steps):
        total[step : step + frames] += rows[:, step]
        weight[step : step + frames] += weights[step]
    sound = (total / weight.clamp_min(1e-9)).reshape(-1)
    return sound[SIZE // 2 :][: frames * HOP]


def random_phases(rng: np.random.Generator, bins: int, frames: int) -> torch.Tensor:
    """Return complex noise [bins, frames] of mean power 1."""
    drawn = rng.standard_normal((bins, 2 * frames), dtype=np.float32).view(np.complex64)
    return torch.from_numpy(drawn) / math.sqrt(2)


def with_air(spectra: torch.Tensor, amplitude: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Extend `spectra` [BINS, frames] above 12 kHz with noise; return [ALL_BINS, frames].

    amplitude: of the non-harmonic part, [BINS, frames]; its top sets the level of the air.
    """
    hz = torch.arange(ALL_BINS) * BIN_HZ
    low, high = (round(edge / BIN_HZ) for edge in AIR_READ_HZ)
    level = amplitude[low:high].square().mean(0).sqrt()
    fall_db = AIR_DB_PER_OCTAVE * torch.log2(hz.clamp_min(1) / AIR_READ_HZ[1])
    fade = ((AIR_END_HZ - hz) / (AIR_END_HZ - AIR_TO_HZ)).clamp(0, 1)
    rise = ((hz - AIR_FROM_HZ) / 1000).clamp(0, 1)
    shape = torch.exp(-fall_db / _NEPER_DB) * fade * rise
    first = int(torch.argmax((shape > 0).int() * (hz >= AIR_FROM_HZ)))
    air = random_phases(rng, ALL_BINS - first, spectra.shape[1]) * (shape[first:, None] * level)
    whole = torch.nn.functional.pad(spectra, (0, 0, 0, ALL_BINS - BINS))
    whole[first:] += air
    return whole


def warped(filters: torch.Tensor, formant_shift: torch.Tensor) -> torch.Tensor:
    """Shift the formants of log amplitudes [BINS, frames] up by the ratios `formant_shift`, [frames]."""
    at = (torch.arange(BINS)[:, None] / formant_shift).clamp(0, BINS - 1.001)
    low = at.floor().long()
    return torch.lerp(filters.gather(0, low), filters.gather(0, low + 1), at - low)


def per_sample(times_s: Curve, values: Curve, origin_s: float, count: int) -> Curve:
    """Interpolate a control curve at each of `count` samples, starting at `origin_s`."""
    return np.interp(origin_s + np.arange(count) / SAMPLE_RATE_HZ, times_s, values)
