"""Provides the silence latent: read from the file that comes with ACE-Step's own weights, or encoded.

It is the source of every song made from text alone, so it must be the VAE's own silence: zeros would sound
like a drone.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from audiomusic.engines.acestep.layouts.heads import WeightsError
from audiomusic.engines.acestep.layouts.oobleck import reach_frames

FRAMES = 15_000  # ten minutes, as ACE-Step's own file has


def read_silence(file: Path, dtype: torch.dtype) -> torch.Tensor:
    """Read silence_latent.pt as [1, frames, channels]. Raises WeightsError.

    This is the only file that is not safetensors. torch's restricted unpickler loads only tensors and runs no
    code. ACE-Step stores it as [1, channels, frames].
    """
    try:
        silence = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError:  # torch's own message suggests loading it without the restriction
        raise WeightsError(f"{file} holds more than tensors, and is not read. Fetch it again.") from None
    if not isinstance(silence, torch.Tensor) or silence.ndim != 3:
        raise WeightsError(f"{file} holds no tensor of three dimensions. Fetch it again.")
    return silence.transpose(1, 2).to(dtype).contiguous()


@torch.no_grad()
def silence_of(vae: Any) -> torch.Tensor:
    """Encode silence with a VAE in float32: [1, frames, channels], the mode of its distribution.

    Only the beginning is encoded. Beyond the encoder's receptive field the latent repeats forever, and
    encoding ten minutes at once would take gigabytes.
    """
    ratios = vae.config.downsampling_ratios
    reach = reach_frames(ratios)
    wave = torch.zeros(1, vae.config.audio_channels, (2 * reach + 1) * prod(ratios))
    heard = vae.encode(wave).latent_dist.mode().transpose(1, 2)
    steady = heard[:, reach : reach + 1].expand(-1, FRAMES - reach, -1)
    return torch.cat([heard[:, :reach], steady], dim=1)
