"""Angle-based guidance: ACE-Step's `use_adg`.

Instead of extrapolating, as classifier-free guidance does, this rotates: in each frame the clean estimate
predicted with the text is rotated further away from the one predicted without it, by an angle that grows with
the scale and is limited to 30 degrees. The formulas are those of ACE-Step 1.5's `adg_forward`.
"""

from __future__ import annotations

import torch
from torch import Tensor

MOST_ANGLE = 3.14 / 6  # radians, with ACE-Step's own pi
LEAST_WEIGHT = 1e-3
LEAST_SINE = 1e-3  # below it rotating and adding are equivalent
TINY = 1e-8


def angle_guidance(latents: Tensor, wanted: Tensor, unwanted: Tensor, level: float, scale: float) -> Tensor:
    """Return the guided velocity of `latents` at noise `level`, from the velocities predicted with and
    without the text; all [songs, frames, channels]. Each frame is rotated separately."""
    exact = torch.float32 if latents.device.type == "mps" else torch.float64  # Apple's GPUs have no float64
    now, weight = latents.to(exact), max(scale - 1.0, 0.0) + LEAST_WEIGHT
    with_words, without = now - level * wanted.to(exact), now - level * unwanted.to(exact)
    cosine = (_unit(with_words) * _unit(without)).sum(-1, keepdim=True)
    angle = torch.acos(cosine.clamp(-1.0 + 1e-6, 1.0 - 1e-6))
    turned = (weight * angle).clamp(max=MOST_ANGLE)
    away = with_words - without
    shared = (away * without).sum(-1, keepdim=True) / (without.square().sum(-1, keepdim=True) + TINY)
    away = away - shared * without
    sine = torch.sin(angle)
    push = torch.where(sine > LEAST_SINE, torch.sin(turned) / sine, torch.full_like(sine, weight))
    clean = torch.cos(turned) * with_words + push * away
    return ((now - clean) / level).to(wanted.dtype)


def _unit(vectors: Tensor) -> Tensor:
    """Scale the vectors to length 1; zeros, as in padding, stay zeros."""
    length: Tensor = vectors.norm(dim=-1, keepdim=True)
    return vectors / length.clamp(min=TINY)
