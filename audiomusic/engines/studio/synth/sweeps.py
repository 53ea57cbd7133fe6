"""Noise risers that lead into the next section."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from audiomusic.engines.studio.synth.signals import Notes, bins_hz, fast_size, noise, unit_rms

BANDS = 12


@dataclass(frozen=True)
class NoiseSweep:
    """Filtered noise whose frequency and loudness rise over the whole note."""

    low_hz: float = 300.0
    high_hz: float = 9000.0
    q: float = 1.4
    width: float = 0.6

    def write(self, notes: Notes) -> Tensor:
        """Return float32 [B, 2, length]."""
        size = fast_size(notes.length)
        f_hz = bins_hz(size).clamp(min=1.0)
        middle, side = torch.fft.rfft(noise(notes.seeds, "sweep", 2, size)).unbind(1)
        spectrum = torch.stack([middle + self.width * side, middle - self.width * side], dim=1)
        progress = torch.arange(notes.length, dtype=torch.float32) / notes.length
        swept = torch.zeros(len(notes.seeds), 2, notes.length)
        for band in range(BANDS):
            centre_hz = self.low_hz * (self.high_hz / self.low_hz) ** (band / (BANDS - 1))
            detune = self.q * (f_hz / centre_hz - centre_hz / f_hz)
            wave = unit_rms(torch.fft.irfft(spectrum / (1 + detune**2), n=size))[..., : notes.length]
            swept += wave * (1 - (progress * (BANDS - 1) - band).abs()).clamp(min=0)
        return swept * (0.02 + progress**2)
