"""Synthesis of the breath that a singer takes before a line."""

from __future__ import annotations

import numpy as np
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ

BREATH_S = 0.34
REST_WANTED_S = 0.9  # a shorter rest leaves no time to breathe
LEVEL = 0.07  # relative to the voice's level
PAUSE_S = 0.04  # between the breath and the first sound
#: Resonances of the open mouth: (Hz, dB).
_COLOUR = ((0, -40), (300, -22), (900, -8), (1500, 0), (2600, -3), (4200, -9), (8000, -16), (24_000, -40))


def inhale(rng: np.random.Generator) -> torch.Tensor:
    """Return an inhalation, float32 [BREATH_S * SAMPLE_RATE_HZ], with RMS 1 before its swell is applied."""
    count = round(BREATH_S * SAMPLE_RATE_HZ)
    spectrum = torch.fft.rfft(torch.from_numpy(rng.standard_normal(count, np.float32)))
    frequency_hz = np.arange(len(spectrum)) / BREATH_S
    at_hz, level_db = np.array(_COLOUR, float).T
    colour_db = np.interp(frequency_hz, at_hz, level_db)
    noise = torch.fft.irfft(spectrum * torch.from_numpy(10 ** (colour_db / 20)).float(), count)
    noise = noise / noise.square().mean().sqrt()
    swell = np.interp(np.linspace(0, 1, count), (0, 0.55, 0.85, 1), (0, 1, 0.6, 0)) ** 1.5
    breath: torch.Tensor = noise * torch.from_numpy(swell).float()
    return breath
