"""Corrects each step in the wavelet domain, as newer ACE-Step does by default.

Yu et al., "Elucidating the SNR-t Bias of Diffusion Probabilistic Models", arXiv:2604.16044: a step leaves the
latents closer to the clean estimate than their noise level implies. They are pushed away from it again, in
the low band while there is much noise and in the high band towards the end. With the Haar wavelet on pairs of
frames the low band is the pair's mean, so no transform is needed.
"""

from __future__ import annotations

from torch import Tensor

SLOW, FAST = 0.05, 0.02  # ACE-Step's values


def corrected(latents: Tensor, clean: Tensor, level: float) -> Tensor:
    """Return the corrected latents [songs, frames, channels] after a step that began at noise `level`, 1 to
    0. The number of frames is even. `clean`: the step's estimate of the finished song."""
    songs, frames, channels = latents.shape
    away = (latents - clean).reshape(songs, frames // 2, 2, channels)
    slow = away.mean(2, keepdim=True)
    push = level * SLOW * slow + (1.0 - level) * FAST * (away - slow)
    return latents + push.reshape(latents.shape)
