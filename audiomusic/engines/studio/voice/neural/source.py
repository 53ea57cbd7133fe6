"""The voice source: pulses with equal harmonics, at a pitch that may change with every sample."""

from __future__ import annotations

import numpy as np
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.expression import Curve

TOP_HZ = 11_000.0  # no harmonics above it: the network does not cover them
_NEAR_ZERO = 2e-3  # below this the closed form would divide by almost zero


def pulses(f0_hz: Curve) -> torch.Tensor:
    """Return the sum of unit cosines at every harmonic of `f0_hz` [n] up to TOP_HZ, float32 [n].

    Closed form (Dirichlet kernel): the sum for h in 1..H is sin((H + 1/2) t) / (2 sin(t/2)) - 1/2.
    """
    turn = 2 * np.pi * (np.cumsum(f0_hz / SAMPLE_RATE_HZ) % 1)
    phase = torch.from_numpy(turn.astype(np.float32))
    order = torch.from_numpy(np.floor(TOP_HZ / f0_hz).astype(np.float32)) + 0.5
    below = 2 * torch.sin(phase / 2)
    is_peak = below.abs() <= _NEAR_ZERO
    below = torch.where(is_peak, torch.ones_like(below), below)
    return torch.where(is_peak, order, torch.sin(order * phase) / below) - 0.5
