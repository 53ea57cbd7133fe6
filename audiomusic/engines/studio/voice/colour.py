"""What makes one throat's sound another's: a singer's equaliser, and how effort brightens a voice."""

from __future__ import annotations

import numpy as np
import torch

from audiomusic.engines.studio.voice.expression import Curve
from audiomusic.engines.studio.voice.singers import Singer

EFFORT_SHARE, EFFORT_RANGE_DB = 0.4, (-9.0, 6.0)  # dB at 3.2 kHz for each dB of loudness, and over which
VELOCITY_DB = 6.0  # brighter from the softest line to the loudest, at 8 kHz
RING_HZ, RING_OCTAVES = 2900.0, 0.3  # the singer's formant (J. Sundberg, 1987)
_LEAST_HZ = 20.0


def colour_db(singer: Singer, velocity: float, hz: torch.Tensor) -> torch.Tensor:
    """The singer's equaliser in dB at each of `hz`; louder singing is brighter."""
    ring = torch.exp(-((torch.log2(hz.clamp_min(_LEAST_HZ) / RING_HZ) / RING_OCTAVES) ** 2))
    return (singer.brightness_db + VELOCITY_DB * (velocity - 0.8)) * rise(hz) + singer.ring_db * ring


def rise(hz: torch.Tensor) -> torch.Tensor:
    """0 up to 1 kHz, 1 at 8 kHz: what a voice is brighter by is so shaped."""
    return (torch.log2(hz.clamp_min(_LEAST_HZ) / 1000) / 3).clamp(0, 1.3)


def effort_db(gain: Curve, hz: torch.Tensor) -> torch.Tensor:
    """dB at each of `hz`, [n, bins], that moments of linear `gain` [n] have more of in the highs.

    J. Sundberg, "The Science of the Singing Voice", 1987: 10 dB more of voice is some 14 dB more at 3 kHz.
    """
    gain_db = 20 * np.log10(np.maximum(gain, 1e-3))
    more_db = torch.from_numpy(np.clip(gain_db, *EFFORT_RANGE_DB) * EFFORT_SHARE).float()
    rise = (torch.log2(hz.clamp_min(_LEAST_HZ) / 800) / 2).clamp(0, 1.2)
    return more_db[:, None] * rise
