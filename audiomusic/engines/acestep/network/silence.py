"""What the model takes for silence: read from the file that comes with ACE-Step's own weights, or heard.

It stands behind every song that is made from words alone, so that it must be the VAE's own: zeros would
sound like a drone.
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
    """silence_latent.pt as [1, frames, channels]. Raises WeightsError.

    The only file that is no safetensors. torch's restricted reader takes tensors from it and runs
    nothing. ACE-Step keeps it as [1, channels, frames]."""
    try:
        silence = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError:  # torch's own text advises to read it without this limit
        raise WeightsError(f"{file} holds more than tensors, and is not read. Fetch it again.") from None
    if not isinstance(silence, torch.Tensor) or silence.ndim != 3:
        raise WeightsError(f"{file} holds no tensor of three dimensions. Fetch it again.")
    return silence.transpose(1, 2).to(dtype).contiguous()


@torch.no_grad()
def silence_of(vae: Any) -> torch.Tensor:
    """What a VAE in float32 makes of silence, [1, frames, channels]: the mean of what it may be.

    Only the beginning is encoded. Beyond what the encoder's filters reach it is the same latent for ever, and
    ten minutes at once would take gigabytes."""
    ratios = vae.config.downsampling_ratios
    reach = reach_frames(ratios)
    wave = torch.zeros(1, vae.config.audio_channels, (2 * reach + 1) * prod(ratios))
    heard = vae.encode(wave).latent_dist.mode().transpose(1, 2)
    steady = heard[:, reach : reach + 1].expand(-1, FRAMES - reach, -1)
    return torch.cat([heard[:, :reach], steady], dim=1)
