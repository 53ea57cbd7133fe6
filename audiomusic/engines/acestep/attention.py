"""Attention that does not look at padding, so that a song does not depend on who is beside it.

The stock transformer drops the mask of its conditions: in a batch, a short prompt attends to what
fills it up to the longest one, and a short song to the silence behind it.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers.models.transformers.ace_step_transformer import AceStepAttnProcessor2_0
from torch import Tensor


class Masks:
    """What a batch may look at. None where nothing is padded, which is also the quickest way."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.set(frames=None, conditions=None)

    def set(self, *, frames: Tensor | None, conditions: Tensor | None) -> None:
        """`frames`: bool [batch, patches], `conditions`: bool [batch, tokens]; True is heard."""
        self.frames = None if frames is None else frames[:, None, None]
        self.conditions = None if conditions is None else conditions[:, None, None]

    def of_frames(self, band: Tensor | None) -> Tensor | None:
        """The mask of self-attention: `band` is a sliding layer's own, additive [1, 1, n, n]."""
        if self.frames is None or band is None:
            return band if self.frames is None else self.frames
        # Additive and finite: a padded row has nobody to look at, and must not become NaN. Not kept
        # from layer to layer: what changes between blocks would have each compiled apart.
        low = torch.finfo(band.dtype).min
        return torch.minimum(band, torch.where(self.frames, 0.0, low).to(band.dtype))


class MaskedAttention(AceStepAttnProcessor2_0):
    """The stock processor with the batch's masks; one object for all layers."""

    def __init__(self, masks: Masks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.masks = masks

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        if attn.is_cross_attention:
            mask = self.masks.conditions
        else:
            mask = self.masks.of_frames(attention_mask)
        attended: Tensor = super().__call__(
            attn, hidden_states, encoder_hidden_states, mask, image_rotary_emb
        )
        return attended
