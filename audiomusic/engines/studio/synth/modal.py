"""Modal synthesis of bars, plates and tubes: a few decaying modes and the mallet's knock."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import (
    Notes,
    band_noise,
    bins_hz,
    fast_size,
    signed,
    spread_gains,
    uniform,
)

NOMINAL_VELOCITY = 0.8
REFERENCE_HZ = 440.0

#: One mode: ratio to the note, amplitude, 60 dB decay in seconds at REFERENCE_HZ.
Mode = tuple[float, float, float]


@dataclass(frozen=True)
class Modal:
    """A struck object with a few modes."""

    modes: tuple[Mode, ...]
    decay_slope: float = 0.5  # decay time falls with pitch to this power
    hardness: float = 1.5  # how much more the high modes gain from velocity
    mallet: float = 0.2  # stroke noise relative to the tone
    mallet_hz: float = 1500.0
    mallet_s: float = 0.012
    tremolo_hz: float = 0.0
    tremolo: float = 0.0
    beat_cents: float = 0.0  # maximum detuning between channels, for slow beating and width
    spread: float = 0.5
    attack_s: float = 0.001

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 1 or 2, length], with two channels if the modes beat."""
        copies = 2 if self.beat_cents else 1
        tone = torch.stack([self._copy(notes, side) for side in range(copies)], dim=1)
        if copies == 2:
            tone = torch.einsum("bvl,cv->bcl", tone, spread_gains(2, self.spread))
        tone = tone * (notes.seconds / self.attack_s).clamp(max=1)
        return tone * self._motor(notes).unsqueeze(1) + self._stroke(notes, tone.shape[1])

    def _copy(self, notes: Notes, side: int) -> Tensor:
        total = torch.zeros(len(notes.seeds), notes.length)
        for number, mode in enumerate(self.modes):
            total += self._mode(notes, mode, f"{side}:{number}", number)
        return total

    def _mode(self, notes: Notes, mode: Mode, label: str, number: int) -> Tensor:
        ratio, amplitude, decay_s = mode
        f0 = notes.f0_hz.unsqueeze(1)
        cents = self.beat_cents * signed(notes.seeds, f"beat{label}", 1).double()
        step = f0 * ratio * torch.exp2(cents / 1200) / SAMPLE_RATE_HZ
        turns = (step * torch.arange(notes.length, dtype=torch.float64)).frac().float()
        t60 = decay_s * (REFERENCE_HZ / f0.float()) ** self.decay_slope
        hands = (notes.velocity.unsqueeze(1) / NOMINAL_VELOCITY) ** (self.hardness * math.log2(1 + number))
        where = 1 + 0.25 * signed(notes.seeds, f"where{number}", 1) * (number > 0)
        audible = (f0.float() * ratio < 18_000).float()
        envelope = torch.exp(-notes.seconds * (math.log(1000) / t60))
        return torch.sin(2 * math.pi * turns) * envelope * (amplitude * hands * where * audible)

    def _motor(self, notes: Notes) -> Tensor:
        start = uniform(notes.seeds, "motor", 1)
        turning = torch.sin(2 * math.pi * (self.tremolo_hz * notes.seconds + start))
        return 1 - self.tremolo * (0.5 + 0.5 * turning)

    def _stroke(self, notes: Notes, channels: int) -> Tensor:
        """Return the mallet's noise: [B, channels, length]."""
        length = min(notes.length, round(8 * self.mallet_s * SAMPLE_RATE_HZ))
        f_hz = bins_hz(fast_size(length)).clamp(min=1.0)
        colour = 1 / (1 + (1.2 * (f_hz / self.mallet_hz - self.mallet_hz / f_hz)) ** 2)
        click = band_noise(notes.seeds, "mallet", channels, length, colour)
        t = torch.arange(length, dtype=torch.float32) / SAMPLE_RATE_HZ
        click = click * torch.exp(-t / self.mallet_s) * (t / self.attack_s).clamp(max=1)
        level = self.mallet * notes.velocity.reshape(-1, 1, 1)
        return torch.nn.functional.pad(click * level, (0, notes.length - length))
