"""DSP helpers shared by the models: seeded noise, frequency axes, FIR filters."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ

FIR_TAPS = 4095  # odd, so that a zero-phase filter delays by a whole number of samples
FIR_FRAME = 16_384  # overlap-save frames of this size fit in the CPU cache
FIR_REACH = FIR_TAPS // 2  # samples that `fir_filter` reads on either side

#: One resonance: centre in Hz, gain in dB, Q.
Resonance = tuple[float, float, float]


@dataclass(frozen=True)
class Notes:
    """A batch of notes of equal length for a model to render.

    f0_hz: float64 [B]. velocity: float32 [B], 0..1. seeds: one per note, for all of its randomness.
    """

    f0_hz: Tensor
    velocity: Tensor
    seeds: Sequence[int]
    length: int  # samples

    @property
    def seconds(self) -> Tensor:
        """The time of each sample: float32 [length]."""
        return torch.arange(self.length, dtype=torch.float32) / SAMPLE_RATE_HZ


def seed_of(*parts: object) -> int:
    """Return a 63-bit seed from anything printable: the same in every process, unlike `hash`."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: object) -> torch.Generator:
    """Return a CPU generator seeded with `seed_of(*parts)`."""
    return torch.Generator().manual_seed(seed_of(*parts))


def noise(seeds: Sequence[int], label: str, *shape: int) -> Tensor:
    """Return Gaussian noise, one independent draw per seed: float32 [len(seeds), *shape]."""
    return torch.stack([torch.randn(shape, generator=generator(seed, label)) for seed in seeds])


def uniform(seeds: Sequence[int], label: str, *shape: int) -> Tensor:
    """Return uniform noise in 0..1, one independent draw per seed: float32 [len(seeds), *shape]."""
    return torch.stack([torch.rand(shape, generator=generator(seed, label)) for seed in seeds])


def signed(seeds: Sequence[int], label: str, *shape: int) -> Tensor:
    """Return uniform noise in -1..1, one independent draw per seed: float32 [len(seeds), *shape]."""
    return uniform(seeds, label, *shape) * 2 - 1


@lru_cache(maxsize=512)
def fast_size(n: int) -> int:
    """Return the smallest even size of at least n without prime factors over 5, for fast FFTs."""
    best = 1 << max(1, (n - 1).bit_length())
    for fives in range(5):
        for threes in range(5):
            odd = 5**fives * 3**threes
            twos = max(1, math.ceil(math.log2(n / odd))) if n > odd else 1
            best = min(best, size) if (size := odd << twos) >= n else best
    return best


def bins_hz(size: int) -> Tensor:
    """Return the bin frequencies of an rfft: float32 [size // 2 + 1]."""
    return torch.arange(size // 2 + 1, dtype=torch.float32) * (SAMPLE_RATE_HZ / size)


def near_nyquist(f_hz: Tensor) -> Tensor:
    """Return an anti-aliasing amplitude taper: 1 up to 17 kHz, 0 from 22 kHz."""
    x = ((f_hz - 17_000) / 5_000).clamp(0, 1)
    return 0.5 + 0.5 * torch.cos(math.pi * x)


def resonances(f_hz: Tensor, bands: Sequence[Resonance]) -> Tensor:
    """Return the magnitude of second-order peaks in series, at `f_hz` (any shape, positive)."""
    response = torch.ones_like(f_hz)
    for centre_hz, gain_db, q in bands:
        detune = q * (f_hz / centre_hz - centre_hz / f_hz.clamp(min=1.0))
        peak = 10 ** (gain_db / 20)
        response = response * torch.sqrt((detune**2 + peak**2) / (detune**2 + 1))
    return response


def lowpass(f_hz: Tensor, cutoff_hz: Tensor | float, poles: float = 2.0) -> Tensor:
    """Return the magnitude of a smooth lowpass that falls by 6 dB per octave per pole."""
    return (1 + (f_hz / cutoff_hz) ** 2) ** (-poles / 2)


def band_noise(seeds: Sequence[int], label: str, channels: int, length: int, response: Tensor) -> Tensor:
    """Return noise coloured by a magnitude on the bins of `fast_size(length)`: [B, channels, length].

    float32. `response` is [bins] or [B, bins]. The result has unit RMS before it is cut to length.
    """
    size = fast_size(length)
    white = torch.fft.rfft(noise(seeds, label, channels, size))
    shape = response if response.dim() == 1 else response.unsqueeze(1)
    coloured = torch.fft.irfft(white * shape, n=size)
    return unit_rms(coloured)[..., :length]


def unit_rms(wave: Tensor) -> Tensor:
    """Scale the last axis to an RMS of 1; silence stays silence."""
    return wave / wave.square().mean(-1, keepdim=True).sqrt().clamp(min=1e-9)


def spread_gains(voices: int, width: float) -> Tensor:
    """Return equal-power gains that spread voices from left to right: float32 [2, voices].

    `width` 0 keeps all voices in the centre, 1 pans hard. Outer voices alternate sides, so that neighbours
    in pitch are not neighbours in space.
    """
    order = torch.arange(voices, dtype=torch.float32)
    place = (order - (voices - 1) / 2) / max(1, voices - 1) * 2
    side = torch.where(order % 2 == 0, place, -place) if voices > 2 else place
    return pan_gains(side * width)


def pan_gains(pan: Tensor | float) -> Tensor:
    """Return the equal-power gains of a pan position -1..1, unity in the centre: float32 [2, ...]."""
    angle = (torch.as_tensor(pan, dtype=torch.float32).clamp(-1, 1) + 1) * (math.pi / 4)
    return torch.stack([torch.cos(angle), torch.sin(angle)]) * math.sqrt(2)


def magnitude_fir(magnitude: Tensor) -> Tensor:
    """Return a zero-phase FIR of `FIR_TAPS` from magnitudes on the bins of an rfft of FIR_TAPS + 1."""
    kernel = torch.fft.irfft(magnitude.to(torch.complex64), n=FIR_TAPS + 1)
    centred = torch.roll(kernel, FIR_REACH)[:FIR_TAPS]
    return centred * torch.hann_window(FIR_TAPS + 2, periodic=False)[1:-1]


def fir_filter(wave: Tensor, fir: Tensor) -> Tensor:
    """Filter float32 [channels, n] zero-phase with a centred FIR of `FIR_TAPS`; keep the length.

    Uses overlap-save. Samples outside the wave count as silence.
    """
    n = wave.shape[-1]
    hop = FIR_FRAME - FIR_TAPS + 1
    frames = -(-n // hop)
    padded = torch.nn.functional.pad(wave, (FIR_REACH, frames * hop + FIR_TAPS - 1 - FIR_REACH - n))
    spectra = torch.fft.rfft(padded.unfold(-1, FIR_FRAME, hop))
    filtered = torch.fft.irfft(spectra * torch.fft.rfft(fir, n=FIR_FRAME), n=FIR_FRAME)
    joined: Tensor = filtered[..., FIR_TAPS - 1 :].reshape(*wave.shape[:-1], frames * hop)
    return joined[..., :n]


def sliding_max(values: Tensor, before: int, after: int) -> Tensor:
    """Return the maximum of values[i - before .. i + after] for each i of a 1-D tensor, by doubling."""
    padded = torch.nn.functional.pad(values, (before, after), value=-torch.inf)
    width, want = 1, before + after + 1
    while width * 2 <= want:
        padded = torch.maximum(padded[:-width], padded[width:])
        width *= 2
    rest = want - width
    return torch.maximum(padded[: len(padded) - rest], padded[rest:]) if rest else padded


def falling_max(values: Tensor, fall: float, reach: int) -> Tensor:
    """Return a peak hold that falls by `fall` per step, over `reach` past steps (1-D), by doubling."""
    held, step = values, 1
    while step < reach:
        shifted = torch.nn.functional.pad(held[:-step] - step * fall, (step, 0), value=-torch.inf)
        held = torch.maximum(held, shifted)
        step *= 2
    return held


def smooth(values: Tensor, width: int) -> Tensor:
    """Return the centred Hann average of a 1-D tensor over `2 * width + 1` steps; the ends are held."""
    window = torch.hann_window(2 * width + 3, periodic=False, dtype=values.dtype)[1:-1]
    padded = torch.nn.functional.pad(values.reshape(1, 1, -1), (width, width), mode="replicate")
    return torch.nn.functional.conv1d(padded, (window / window.sum()).reshape(1, 1, -1)).reshape(-1)
