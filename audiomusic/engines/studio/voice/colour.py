"""Vocal timbre: each singer's equaliser, and how vocal effort brightens a voice."""

from __future__ import annotations

import numpy as np
import torch

from audiomusic.engines.studio.voice.expression import Curve
from audiomusic.engines.studio.voice.singers import Singer

EFFORT_SHARE, EFFORT_RANGE_DB = 0.4, (-9.0, 6.0)  # dB at 3.2 kHz per dB of loudness, and the range used
VELOCITY_DB = 6.0  # added brightness at 8 kHz from the softest line to the loudest
RING_HZ, RING_OCTAVES = 2900.0, 0.3  # the singer's formant (J. Sundberg, 1987)
_LEAST_HZ = 20.0


def colour_db(singer: Singer, velocity: float, hz: torch.Tensor) -> torch.Tensor:
    """Return the singer's equaliser in dB at each of `hz`. Louder singing is brighter."""
    ring = torch.exp(-((torch.log2(hz.clamp_min(_LEAST_HZ) / RING_HZ) / RING_OCTAVES) ** 2))
    return (singer.brightness_db + VELOCITY_DB * (velocity - 0.8)) * rise(hz) + singer.ring_db * ring


def rise(hz: torch.Tensor) -> torch.Tensor:
    """Return the shape of the brightness boost over frequency: 0 up to 1 kHz, 1 at 8 kHz."""
    return (torch.log2(hz.clamp_min(_LEAST_HZ) / 1000) / 3).clamp(0, 1.3)


def effort_db(gain: Curve, hz: torch.Tensor) -> torch.Tensor:
    """Return the extra treble in dB at each of `hz`, [n, bins], for moments of linear `gain` [n].

    J. Sundberg, "The Science of the Singing Voice", 1987: a voice 10 dB louder is about 14 dB louder at
    3 kHz.
    """
    gain_db = 20 * np.log10(np.maximum(gain, 1e-3))
    more_db = torch.from_numpy(np.clip(gain_db, *EFFORT_RANGE_DB) * EFFORT_SHARE).float()
    rise = (torch.log2(hz.clamp_min(_LEAST_HZ) / 800) / 2).clamp(0, 1.2)
    return more_db[:, None] * rise
