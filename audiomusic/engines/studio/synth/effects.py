"""Track effects. Every effect has finite reach, so blocks join without seams."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.declared import build
from audiomusic.engines.studio.synth.signals import (
    FIR_REACH,
    FIR_TAPS,
    Resonance,
    bins_hz,
    fir_filter,
    magnitude_fir,
    resonances,
)
from audiomusic.engines.units import db_to_gain


class Effect(Protocol):
    """An insert effect.

    `apply` takes float32 [1 or 2, n] whose first sample is sample `start` of the song, and returns as many
    channels, or two. It reads at most `reach` samples to either side.
    """

    @property
    def reach(self) -> int: ...

    def apply(self, bus: Tensor, start: int) -> Tensor: ...


@lru_cache(maxsize=256)
def equaliser(bands: tuple[Resonance, ...], low_cut_hz: float, high_cut_hz: float, slope: float) -> Tensor:
    """Return the FIR of resonances between a low and a high cut: float32 [FIR_TAPS]."""
    f_hz = bins_hz(FIR_TAPS + 1).clamp(min=1.0)
    magnitude = resonances(f_hz, bands)
    if low_cut_hz:
        magnitude = magnitude / (1 + (low_cut_hz / f_hz) ** (2 * slope)) ** 0.5
    if high_cut_hz:
        magnitude = magnitude / (1 + (f_hz / high_cut_hz) ** (2 * slope)) ** 0.5
    return magnitude_fir(magnitude)


@dataclass(frozen=True)
class Eq:
    """A zero-phase equaliser of resonances and cuts. Also used as a guitar cabinet."""

    bands: tuple[Resonance, ...] = ()
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    slope: float = 2.0  # of the cuts, in units of 6 dB per octave

    @property
    def reach(self) -> int:
        return FIR_REACH

    def apply(self, bus: Tensor, start: int) -> Tensor:
        return fir_filter(bus, equaliser(self.bands, self.low_cut_hz, self.high_cut_hz, self.slope))


@dataclass(frozen=True)
class Drive:
    """A valve stage: gain into soft clipping, oversampled against aliasing."""

    gain_db: float = 12.0
    bias: float = 0.0  # asymmetric clipping: adds even harmonics
    level_db: float = 0.0
    oversampling: int = 2  # higher gain needs more

    FRAME = 8192
    EDGE = 512

    @property
    def reach(self) -> int:
        return self.EDGE

    def apply(self, bus: Tensor, start: int) -> Tensor:
        n, frame, edge = bus.shape[1], self.FRAME, self.EDGE
        frames = -(-n // frame)
        padded = torch.nn.functional.pad(bus, (edge, frames * frame - n + edge))
        pieces = padded.unfold(1, frame + 2 * edge, frame) * self._taper()
        driven = self._clip(pieces)[..., edge : edge + frame]
        joined: Tensor = driven.reshape(bus.shape[0], frames * frame)
        return joined[:, :n] * db_to_gain(self.level_db)

    def _taper(self) -> Tensor:
        """Return a window that fades the discarded edges of a frame, so that its ends meet."""
        ramp = torch.sin(torch.linspace(0, math.pi / 2, self.EDGE // 2)) ** 2
        middle = torch.ones(self.FRAME + self.EDGE)
        return torch.cat([ramp, middle, ramp.flip(0)])

    def _clip(self, wave: Tensor) -> Tensor:
        n, factor = wave.shape[-1], self.oversampling
        fine = torch.fft.irfft(torch.fft.rfft(wave), n=n * factor) * (factor * db_to_gain(self.gain_db))
        clipped = torch.tanh(fine + self.bias) - math.tanh(self.bias)
        coarse: Tensor = torch.fft.irfft(torch.fft.rfft(clipped)[..., : n // 2 + 1], n=n)
        return coarse / factor


def _stereo(bus: Tensor) -> Tensor:
    return bus.expand(2, -1)


def _delayed(bus: Tensor, delay: Tensor) -> Tensor:
    """Return `bus` [C, n] delayed by `delay` [C, n] samples, with linear interpolation."""
    place = (torch.arange(bus.shape[1], dtype=torch.float32) - delay).clamp(min=0)
    whole = place.floor()
    part = place - whole
    index = whole.long()
    after = (index + 1).clamp(max=bus.shape[1] - 1)
    return bus.gather(1, index) * (1 - part) + bus.gather(1, after) * part


def _turning(start: int, n: int, rate_hz: float, offset: float) -> Tensor:
    """Return an LFO sine in phase with the song's clock: float32 [n]."""
    turns = (torch.arange(n, dtype=torch.float64) + start) * (rate_hz / SAMPLE_RATE_HZ) + offset
    wave: Tensor = torch.sin(2 * math.pi * turns.frac().float())
    return wave


@dataclass(frozen=True)
class Chorus:
    """A chorus: adds a copy of the sound with a slowly modulated delay, like a second player."""

    rate_hz: float = 0.6
    depth_ms: float = 2.0
    delay_ms: float = 12.0
    mix: float = 0.4
    apart: float = 0.25  # phase between the channels' LFOs, in turns

    @property
    def reach(self) -> int:
        return math.ceil((self.delay_ms + self.depth_ms) * SAMPLE_RATE_HZ / 1000) + 2

    def apply(self, bus: Tensor, start: int) -> Tensor:
        n = bus.shape[1]
        motion = torch.stack([_turning(start, n, self.rate_hz, side * self.apart) for side in range(2)])
        delay = (self.delay_ms + self.depth_ms * motion) * (SAMPLE_RATE_HZ / 1000)
        return bus * (1 - 0.3 * self.mix) + _delayed(_stereo(bus), delay) * self.mix


@dataclass(frozen=True)
class Rotary:
    """A rotary speaker: pitch, loudness and stereo position swing together."""

    rate_hz: float = 5.8
    depth_ms: float = 0.35
    loudness: float = 0.3
    width: float = 0.5

    @property
    def reach(self) -> int:
        return math.ceil(2 * self.depth_ms * SAMPLE_RATE_HZ / 1000) + 2

    def apply(self, bus: Tensor, start: int) -> Tensor:
        n = bus.shape[1]
        side = torch.stack([_turning(start, n, self.rate_hz, 0.5 * ear * self.width) for ear in range(2)])
        front = torch.stack(
            [_turning(start, n, self.rate_hz, 0.25 + 0.5 * ear * self.width) for ear in range(2)]
        )
        turned = _delayed(_stereo(bus), (1 + side) * (self.depth_ms * SAMPLE_RATE_HZ / 1000))
        return turned * (1 - self.loudness * (0.5 + 0.5 * front))


@dataclass(frozen=True)
class Tremolo:
    """A tremolo: modulates loudness. `apart` 0.5 pans the sound from side to side."""

    rate_hz: float = 4.5
    depth: float = 0.4
    apart: float = 0.5

    @property
    def reach(self) -> int:
        return 0

    def apply(self, bus: Tensor, start: int) -> Tensor:
        n = bus.shape[1]
        motion = torch.stack([_turning(start, n, self.rate_hz, side * self.apart) for side in range(2)])
        return bus * (1 - self.depth * (0.5 + 0.5 * motion))


KINDS: dict[str, type[Any]] = {
    "eq": Eq, "drive": Drive, "chorus": Chorus, "rotary": Rotary, "tremolo": Tremolo,
}  # fmt: skip


def effect_chain(tables: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """Build effects as declared in a patch: tables with a `kind` and that kind's parameters."""
    return tuple(build(KINDS, table, "kind") for table in tables)


def chain_reach(chain: Sequence[Effect]) -> int:
    """Return how far a whole chain reads to either side, in samples."""
    return sum(effect.reach for effect in chain)


def apply_chain(chain: Sequence[Effect], bus: Tensor, start: int) -> Tensor:
    """Apply the effects to a bus [1 or 2, n], one after the other."""
    for effect in chain:
        bus = effect.apply(bus, start)
    return bus
