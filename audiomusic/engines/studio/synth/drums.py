"""Drum synthesis in closed form: each piece layers pitch-swept tones, modes, noise and metal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.score import KITS, PIECES
from audiomusic.engines.studio.synth.declared import build, fill, read_tables
from audiomusic.engines.studio.synth.sampling.player import SampledStroke
from audiomusic.engines.studio.synth.signals import (
    band_noise,
    bins_hz,
    fast_size,
    near_nyquist,
    pan_gains,
    signed,
    uniform,
)
from audiomusic.engines.units import db_to_gain

KIT_DIR = Path(__file__).parent / "kits"
NOMINAL_VELOCITY = 0.8
REFERENCE_RMS = 0.2
IMPACT_WINDOW = SAMPLE_RATE_HZ // 50


def _decay(length: int, t60_s: float, hold_s: float = 0.0) -> Tensor:
    """Return an exponential decay of 60 dB in `t60_s`, after a hold: float32 [length]."""
    t = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
    return torch.exp(-(t - hold_s).clamp(min=0) * (math.log(1000) / t60_s))


def _hands(velocity: float, octaves: float) -> float:
    """Return the frequency factor by which a stroke harder or softer than nominal is brighter or duller."""
    return float(2 ** (octaves * (velocity - NOMINAL_VELOCITY)))


@dataclass(frozen=True)
class DrumTone:
    """A drum head: a sine with a falling pitch envelope."""

    f_hz: float
    sweep: float = 1.0  # at nominal velocity the pitch starts at (1 + sweep) times f_hz
    sweep_s: float = 0.02
    decay_s: float = 0.4
    hold_s: float = 0.0
    drive: float = 0.0  # soft clipping, for body
    gain: float = 1.0
    attack_s: float = 0.0006

    def write(self, seed: int, velocity: float, length: int) -> Tensor:
        """Return float32 [2, length], with identical channels."""
        t = torch.arange(length, dtype=torch.float64) / SAMPLE_RATE_HZ
        base_hz = self.f_hz * (1 + 0.008 * float(signed([seed], "pitch", 1)))
        sweep = self.sweep * (0.5 + 0.5 * velocity / NOMINAL_VELOCITY)
        turns = base_hz * (t + sweep * self.sweep_s * (1 - torch.exp(-t / self.sweep_s)))
        wave = torch.sin(2 * math.pi * turns.frac().float()) * _decay(length, self.decay_s, self.hold_s)
        if self.drive:
            wave = torch.tanh(wave * self.drive) / math.tanh(self.drive)
        rise = (t.float() / self.attack_s).clamp(max=1)
        return (wave * rise * self.gain).expand(2, -1)


@dataclass(frozen=True)
class Hum:
    """A few fixed modes: shells, blocks, bells, kettles."""

    modes: tuple[tuple[float, float, float], ...]  # Hz, amplitude, 60 dB decay in seconds
    gain: float = 1.0
    clip: float = 0.0  # soft-clips the sum towards a square, as cheap analogue circuits do
    width: float = 0.0

    def write(self, seed: int, velocity: float, length: int) -> Tensor:
        """Return float32 [2, length]."""
        t = torch.arange(length, dtype=torch.float64) / SAMPLE_RATE_HZ
        cents = signed([seed], "modes", 2, len(self.modes))[0] * 6
        wave = torch.zeros(2, length)
        for number, (f_hz, amplitude, t60_s) in enumerate(self.modes):
            hands = (velocity / NOMINAL_VELOCITY) ** (0.8 * math.log2(1 + number))
            for side in range(2):
                ratio = 2 ** (float(cents[side if self.width else 0, number]) / 1200)
                turns = (t * f_hz * ratio).frac().float()
                wave[side] += torch.sin(2 * math.pi * turns) * _decay(length, t60_s) * (amplitude * hands)
        if self.clip:
            wave = torch.tanh(wave * self.clip)
        rise = (t.float() / 0.0006).clamp(max=1)
        return wave * rise * self.gain


@dataclass(frozen=True)
class Hiss:
    """A band of noise: wires, breath, hands, shakers."""

    low_hz: float = 200.0
    high_hz: float = 8000.0
    slope: float = 2.0
    decay_s: float = 0.2
    attack_s: float = 0.0005
    hold_s: float = 0.0
    bursts: int = 1  # several hands or seeds
    burst_s: float = 0.01
    width: float = 0.5
    brighter: float = 1.2  # octaves by which velocity moves the upper edge
    gain: float = 1.0

    def write(self, seed: int, velocity: float, length: int) -> Tensor:
        """Return float32 [2, length]."""
        f_hz = bins_hz(fast_size(length)).clamp(min=1.0)
        high_hz = self.high_hz * _hands(velocity, self.brighter)
        colour = (1 + (self.low_hz / f_hz) ** (2 * self.slope)) ** -0.5
        colour = colour * (1 + (f_hz / high_hz) ** (2 * self.slope)) ** -0.5
        middle, side = band_noise([seed], "hiss", 2, length, colour)[0]
        wave = torch.stack([middle + self.width * side, middle - self.width * side])
        return wave * self._envelope(seed, length) * (0.5 * self.gain)

    def _envelope(self, seed: int, length: int) -> Tensor:
        t = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
        starts = torch.arange(self.bursts) + 0.25 * signed([seed], "bursts", self.bursts)[0]
        total = torch.zeros(length)
        for number, start in enumerate(starts.tolist()):
            since = t - max(0.0, start) * self.burst_s
            last = number == self.bursts - 1
            t60_s = self.decay_s if last else 3 * self.burst_s
            fall = torch.exp(-(since - self.hold_s).clamp(min=0) * (math.log(1000) / t60_s))
            total = torch.maximum(total, (since / self.attack_s).clamp(0, 1) * fall)
        return total


@dataclass(frozen=True)
class Metal:
    """A metal plate: hundreds of modes, of which the highest decay first."""

    low_hz: float = 300.0
    high_hz: float = 16_000.0
    lines: int = 400
    decay_s: float = 2.0  # of the lowest
    decay_high_s: float = 0.7  # of the highest
    peak_hz: float = 6000.0
    q: float = 0.4
    attack_s: float = 0.001
    width: float = 0.6
    brighter: float = 1.0
    gain: float = 1.0

    BANDS = 6

    def write(self, seed: int, velocity: float, length: int) -> Tensor:
        """Return float32 [2, length]."""
        size = fast_size(length)
        # The plate belongs to the kit, so its modes are fixed; only the stroke varies.
        place = uniform([0], f"plate{self.low_hz}:{self.high_hz}:{self.lines}", self.lines)[0]
        line_hz = self.low_hz * (self.high_hz / self.low_hz) ** (place**0.6)
        peak_hz = self.peak_hz * _hands(velocity, self.brighter)
        level = 1 / (1 + (self.q * (line_hz / peak_hz - peak_hz / line_hz)) ** 2)
        level = level * (1 + 0.3 * signed([seed], "stroke", self.lines)[0]) * near_nyquist(line_hz)
        band = (place**0.6 * self.BANDS).long().clamp(max=self.BANDS - 1)
        turns = uniform([seed], "plate phase", 2, self.lines)[0] * (2 * math.pi)
        middle, side = torch.polar(level.expand(2, -1).contiguous(), turns)
        lines = torch.stack([middle + self.width * side, middle - self.width * side])
        shares = [number / (self.BANDS - 1) for number in range(self.BANDS)]
        decays = torch.stack([_decay(length, self.decay_s ** (1 - s) * self.decay_high_s**s) for s in shares])
        wave = (self._ring(lines, line_hz, band, size)[..., :length] * decays.unsqueeze(1)).sum(0)
        t = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
        wave = wave * (t / self.attack_s).clamp(max=1)
        return wave * (0.15 * self.gain / float(level.square().sum().sqrt()))

    def _ring(self, lines: Tensor, line_hz: Tensor, band: Tensor, size: int) -> Tensor:
        """Place steady sines [2, lines] in the nearest bins of their bands; return [BANDS, 2, size]."""
        bins = size // 2 + 1
        spectrum = torch.zeros(2, self.BANDS * bins, dtype=torch.complex64)
        place = band * bins + (line_hz * (size / SAMPLE_RATE_HZ)).round().long()
        for side in range(2):
            spectrum[side].index_add_(0, place, lines[side])
        ring: Tensor = torch.fft.irfft(spectrum.reshape(2, self.BANDS, bins), n=size) * size
        return ring.transpose(0, 1)


LAYERS: dict[str, type[Any]] = {
    "tone": DrumTone, "hum": Hum, "hiss": Hiss, "metal": Metal, "sampled": SampledStroke,
}  # fmt: skip


class DrumLayer(Protocol):
    def write(self, seed: int, velocity: float, length: int) -> Tensor: ...


@dataclass(frozen=True)
class DrumPiece:
    """One drum of a kit."""

    name: str
    layers: tuple[DrumLayer, ...]
    length_s: float = 0.6
    level_db: float = 0.0  # of its impact at velocity 1, relative to the kit's other pieces
    dynamics_db: float = 20.0
    pan: float = 0.0
    drive: float = 0.0
    chokes: tuple[str, ...] = ()  # pieces that this one silences

    def write(self, seed: int, velocity: float) -> Tensor:
        """Return one stroke at the piece's level, without dynamics: float32 [2, n]."""
        length = round(self.length_s * SAMPLE_RATE_HZ)
        wave = torch.stack([layer.write(seed, velocity, length) for layer in self.layers]).sum(0)
        wave = wave / wave.abs().max().clamp(min=1e-9)
        if self.drive:
            wave = torch.tanh(wave * self.drive) / math.tanh(self.drive)
        tail = torch.ones(length)
        tail[-(length // 6) :] = torch.linspace(1, 0, length // 6)
        return to_impact(wave * tail) * pan_gains(self.pan).unsqueeze(1) * db_to_gain(self.level_db)


def to_impact(wave: Tensor) -> Tensor:
    """Scale [2, n] so that its loudest 20 ms, roughly the perceived impact, have REFERENCE_RMS."""
    windows = torch.nn.functional.pad(wave.square().mean(0), (0, -wave.shape[1] % IMPACT_WINDOW))
    loudest = windows.reshape(-1, IMPACT_WINDOW).mean(1).max().sqrt()
    return wave * (REFERENCE_RMS / loudest.clamp(min=1e-9))


def _piece_of(name: str, table: Mapping[str, Any]) -> DrumPiece:
    settings = dict(table)
    layers = tuple(build(LAYERS, layer, "kind") for layer in settings.pop("layers"))
    piece: DrumPiece = fill(DrumPiece, {"name": name, "layers": [], **settings})
    return replace(piece, layers=layers)


def _resolved(tables: Mapping[str, Mapping[str, Any]], kit: str) -> dict[str, Any]:
    """Return a kit's tables merged over those of the kit it inherits from.

    `like` copies another piece before the table's own settings apply.
    """
    own = dict(tables[kit])
    base = own.pop("inherits", None)
    pieces = _resolved(tables, base) if base else {}
    for name, table in own.items():
        pieces[name] = {**pieces.get(table.get("like", ""), {}), **table}
        pieces[name].pop("like", None)
    return pieces


@lru_cache(maxsize=1)
def kits() -> dict[str, dict[str, DrumPiece]]:
    """Return every kit's pieces. Raises ValueError naming what is missing of KITS and PIECES."""
    tables = read_tables(KIT_DIR)
    found = {
        kit: {name: _piece_of(name, piece) for name, piece in _resolved(tables, kit).items()}
        for kit in tables
    }
    missing = [f"{kit}/{piece}" for kit in KITS for piece in PIECES if piece not in found.get(kit, {})]
    if missing:
        raise ValueError(f"no drum for {', '.join(missing)}")
    return found


def kit_of(name: str) -> Mapping[str, DrumPiece]:
    """Return the pieces of a kit. Raises ValueError for an unknown name."""
    try:
        return kits()[name]
    except KeyError:
        raise ValueError(f"kit must be one of {', '.join(KITS)}; got {name!r}") from None
