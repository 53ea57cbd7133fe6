"""A correction of each step in the wavelet domain, as newer ACE-Step makes it by default.

Yu et al., "Elucidating the SNR-t Bias of Diffusion Probabilistic Models", arXiv:2604.16044: a step leaves the
latents nearer to the clean estimate than their level of noise says. They are pushed away from it again, slow
parts while there is much noise, fast ones towards the end. Of Haar's wavelet on pairs of frames the slow part
is the pair's mean, so that nothing has to be transformed.
"""

from __future__ import annotations

from torch import Tensor

SLOW, FAST = 0.05, 0.02  # ACE-Step's own


def corrected(latents: Tensor, clean: Tensor, level: float) -> Tensor:
    """Latents [songs, frames, channels] after a step that began at this level of noise, 1 to 0; the frames
    are even. `clean`: what the step took for the finished song."""
    songs, frames, channels = latents.shape
    away = (latents - clean).reshape(songs, frames // 2, 2, channels)
    slow = away.mean(2, keepdim=True)
    push = level * SLOW * slow + (1.0 - level) * FAST * (away - slow)
    return latents + push.reshape(latents.shape)
