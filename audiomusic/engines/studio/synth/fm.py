"""FM synthesis: a few pairs of sines whose brightness decays (Chowning 1973)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import Notes, signed, spread_gains, uniform

NOMINAL_VELOCITY = 0.8
REFERENCE_HZ = 220.0


@dataclass(frozen=True)
class Operator:
    """One carrier with its modulator."""

    ratio: float = 1.0
    gain: float = 1.0
    decay_s: float = 4.0  # 60 dB decay at REFERENCE_HZ
    modulator: float = 1.0  # ratio of the modulator to the note
    index: float = 1.0  # radians of modulation at NOMINAL_VELOCITY
    index_decay_s: float = 1.0
    index_sustain: float = 0.2
    detune_cents: float = 0.0


@dataclass(frozen=True)
class FrequencyModulation:
    """A stack of operators struck together."""

    operators: tuple[Operator, ...]
    attack_s: float = 0.002
    decay_slope: float = 0.4  # decay time falls with pitch to this power
    brightness_velocity: float = 2.2  # how steeply the index follows velocity
    index_tracking: float = 0.35  # the index falls with pitch to this power, against harshness
    spread: float = 0.0  # stereo width of two slightly different copies; 0 is one copy in mono

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 1 or 2, length]."""
        copies = 2 if self.spread else 1
        sides = [self._copy(notes, side) for side in range(copies)]
        tone = torch.stack(sides, dim=1)
        if self.spread:
            tone = torch.einsum("bvl,cv->bcl", tone, spread_gains(2, self.spread))
        return tone * (notes.seconds / self.attack_s).clamp(max=1)

    def _copy(self, notes: Notes, side: int) -> Tensor:
        total = torch.zeros(len(notes.seeds), notes.length)
        for number, operator in enumerate(self.operators):
            total += self._operator(notes, operator, f"{side}:{number}")
        return total

    def _operator(self, notes: Notes, operator: Operator, label: str) -> Tensor:
        t = notes.seconds
        f0 = notes.f0_hz.float().unsqueeze(1)
        cents = operator.detune_cents * signed(notes.seeds, f"detune{label}", 1)
        turns = self._turns(notes, operator.ratio, cents)
        modulation = torch.sin(2 * math.pi * self._turns(notes, operator.modulator, cents))
        hands = (notes.velocity.unsqueeze(1) / NOMINAL_VELOCITY) ** self.brightness_velocity
        depth = operator.index * hands * (REFERENCE_HZ / f0) ** self.index_tracking
        shape = operator.index_sustain + (1 - operator.index_sustain) * torch.exp(
            -t * (3 / operator.index_decay_s)
        )
        t60 = operator.decay_s * (REFERENCE_HZ / f0) ** self.decay_slope
        audible = (f0 * operator.ratio < 16_000).float()  # an inaudible carrier would only alias
        start = 0.05 * uniform(notes.seeds, f"start{label}", 1)
        wave = torch.sin(2 * math.pi * (turns + start) + depth * shape * modulation)
        return wave * torch.exp(-t * (math.log(1000) / t60)) * (operator.gain * audible)

    def _turns(self, notes: Notes, ratio: float, cents: Tensor) -> Tensor:
        """Return the phase in turns, wrapped in double precision: float32 [B, length]."""
        step = notes.f0_hz.unsqueeze(1) * ratio * torch.exp2(cents / 1200).double() / SAMPLE_RATE_HZ
        return (step * torch.arange(notes.length, dtype=torch.float64)).frac().float()
