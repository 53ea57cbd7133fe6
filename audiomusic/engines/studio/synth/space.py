"""Reverb and delay as impulse responses, and a streaming convolver.

Partitioned convolution after W. G. Gardner, "Efficient convolution without input-output delay"
(JAES 43, 1995), with partitions of uniform size because latency does not matter here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import bins_hz, fast_size, generator, lowpass
from audiomusic.engines.units import db_to_gain, seconds_to_samples

ROOM_BANDS = 8
ECHO_TAPS = 2048  # length of one echo's filter
LONGEST_ECHO_S = 4.0

PART = 4 * SAMPLE_RATE_HZ // 3  # partition size in samples
FRAME = 1 << 17  # FFT size: at least two partitions


@dataclass(frozen=True)
class Room:
    """A reverb: noise bands that each decay at their own rate."""

    decay_s: float = 1.8  # 60 dB, in the middle of the spectrum
    bass: float = 1.1  # decay time of the lowest band relative to the middle
    treble: float = 0.45  # of the highest band
    predelay_ms: float = 18.0
    low_cut_hz: float = 180.0
    high_cut_hz: float = 9000.0
    level_db: float = -8.0  # relative to the dry sound, at a send of 1

    @lru_cache(maxsize=4)  # noqa: B019 - rooms are few and small
    def impulse(self) -> Tensor:
        """Return the impulse response, float32 [2, n]. It is cached: do not modify it.

        The channels are independent, each with an energy of `level_db`.
        """
        length = seconds_to_samples(self.decay_s * 1.05, SAMPLE_RATE_HZ)
        t = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
        tail = torch.zeros(2, length)
        for band, wave in enumerate(self._bands(length)):
            share = band / (ROOM_BANDS - 1)
            edge = self.bass if share < 0.5 else self.treble
            t60_s = self.decay_s * (1 + (edge - 1) * abs(2 * share - 1))
            tail += wave * torch.exp(-t * (math.log(1000) / t60_s))
        tail *= (t / 0.006).clamp(max=1) * torch.cos(t / t[-1] * (math.pi / 2)).clamp(min=0)
        tail *= db_to_gain(self.level_db) / tail.square().sum(1, keepdim=True).sqrt()
        return torch.nn.functional.pad(tail, (seconds_to_samples(self.predelay_ms / 1000, SAMPLE_RATE_HZ), 0))

    def _bands(self, length: int) -> list[Tensor]:
        """Return noise split into octave-like bands between the cuts: each [2, length]."""
        size = fast_size(length)
        white = torch.fft.rfft(torch.randn(2, size, generator=generator("room", self)))
        f_hz = bins_hz(size).clamp(min=1.0)
        place = torch.log(f_hz / self.low_cut_hz) / math.log(self.high_cut_hz / self.low_cut_hz)
        outside = torch.exp(-8 * ((place - 1).clamp(min=0) + (-place).clamp(min=0)))
        place = place.clamp(0, 1) * (ROOM_BANDS - 1)
        # Pink tilt over the bands: in a room, air absorbs the treble before it arrives.
        tilt = (f_hz / 1000).clamp(min=0.1) ** -0.25
        return [
            torch.fft.irfft(white * ((1 - (place - band).abs()).clamp(min=0) * outside * tilt), n=size)[
                :, :length
            ]
            for band in range(ROOM_BANDS)
        ]


@dataclass(frozen=True)
class Echo:
    """A ping-pong delay whose repeats get darker."""

    beats: float = 0.75  # quarter notes
    feedback: float = 0.38
    high_cut_hz: float = 3800.0
    low_cut_hz: float = 250.0
    level_db: float = -7.0
    width: float = 0.8

    def impulse(self, quarter_s: float) -> Tensor:
        """Return the impulse response at a tempo: float32 [2, n]."""
        period_s = self.beats * quarter_s
        count = max(1, min(int(LONGEST_ECHO_S / period_s), math.ceil(-5 / math.log(self.feedback))))
        period = seconds_to_samples(period_s, SAMPLE_RATE_HZ)
        taps = torch.zeros(2, count * period + ECHO_TAPS)
        for number in range(1, count + 1):
            gain = db_to_gain(self.level_db) * self.feedback ** (number - 1)
            kernel = self._kernel(number) * gain
            near, far = number % 2, (number + 1) % 2
            start = number * period
            taps[near, start : start + ECHO_TAPS] += kernel
            taps[far, start : start + ECHO_TAPS] += kernel * (1 - self.width)
        return taps

    def _kernel(self, passes: int) -> Tensor:
        """Return the filter after `passes` passes, delayed by half of ECHO_TAPS to make it causal."""
        f_hz = bins_hz(ECHO_TAPS).clamp(min=1.0)
        once = lowpass(f_hz, self.high_cut_hz, 1.0) / (1 + (self.low_cut_hz / f_hz) ** 2) ** 0.5
        kernel = torch.roll(torch.fft.irfft(once**passes, n=ECHO_TAPS), ECHO_TAPS // 2)
        return kernel * torch.hann_window(ECHO_TAPS, periodic=False)


class Convolver:
    """Streaming convolution of blocks with long impulse responses, in cache-friendly partitions.

    Each input has its own stereo impulse response; all share one inverse FFT. Every block except the last
    must be a multiple of PART.
    """

    def __init__(self, impulses: Sequence[Tensor]) -> None:
        """`impulses`: one per input, each [2, taps], or [2, 0] for a silent one."""
        self._responses = [_partitions(impulse) for impulse in impulses]
        self._before = torch.zeros(len(impulses), PART)
        longest = max(response.shape[0] for response in self._responses)
        self._past = torch.zeros(len(impulses), max(0, longest - 1), FRAME // 2 + 1, dtype=torch.complex64)

    def next(self, inputs: Tensor) -> Tensor:
        """Return the wet sound, float32 [2, n], of the next block of all inputs, [inputs, n]."""
        n = inputs.shape[1]
        padded = torch.nn.functional.pad(inputs, (0, -n % PART))
        stream = torch.cat([self._before, padded], dim=1)
        spectra = torch.cat([self._past, torch.fft.rfft(stream.unfold(1, 2 * PART, PART), n=FRAME)], dim=1)
        count, kept = padded.shape[1] // PART, self._past.shape[1]
        total = torch.zeros(2, count, FRAME // 2 + 1, dtype=torch.complex64)
        for spectrum, response in zip(spectra, self._responses, strict=True):
            for age, part in enumerate(response):
                first = kept - age
                total.addcmul_(spectrum[first : first + count].unsqueeze(0), part.unsqueeze(1))
        self._before, self._past = stream[:, -PART:].clone(), spectra[:, count:].clone()
        wet: Tensor = torch.fft.irfft(total, n=FRAME)[..., PART : 2 * PART].reshape(2, -1)
        return wet[:, :n]


def _partitions(impulse: Tensor) -> Tensor:
    """Return the spectra of an impulse [2, taps] in partitions of PART: complex64 [pieces, 2, bins]."""
    pieces = torch.nn.functional.pad(impulse, (0, -impulse.shape[1] % PART)).reshape(2, -1, PART)
    return torch.fft.rfft(pieces, n=FRAME).transpose(0, 1) if pieces.numel() else pieces.transpose(0, 1)


def convolved(wave: Tensor, impulse: Tensor) -> Tensor:
    """Convolve two short sounds [C, n] and [C, m]; return [C, n + m - 1]."""
    total = wave.shape[1] + impulse.shape[1] - 1
    size = fast_size(total)
    product = torch.fft.rfft(wave, n=size) * torch.fft.rfft(impulse, n=size)
    both: Tensor = torch.fft.irfft(product, n=size)
    return both[:, :total]
