"""Attention that does not look at padding, so that a song does not depend on who is beside it.

The stock transformer drops the mask of its conditions: in a batch, a short prompt attends to what
fills it up to the longest one, and a short song to the silence behind it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.ace_step_transformer import AceStepAttention, AceStepAttnProcessor2_0
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


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
    """The stock processor with the batch's masks; one object for all layers.

    `repeats_keys`: where something is masked, each head gets its own copy of the keys that heads
    share. On a GPU no quick kernel takes both a mask and shared keys: every sliding layer would
    write all its scores, n by n, to memory. The copies are a small part of that. The one kernel that
    takes shared keys, without a mask, knows no float32.
    """

    def __init__(self, masks: Masks, *, repeats_keys: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.masks = masks
        self.repeats_keys = repeats_keys

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
        is_slow = mask is not None or hidden_states.dtype is torch.float32
        if is_slow and self.repeats_keys and attn.heads != attn.kv_heads:
            return _with_own_keys(attn, hidden_states, encoder_hidden_states, mask, image_rotary_emb)
        attended: Tensor = super().__call__(
            attn, hidden_states, encoder_hidden_states, mask, image_rotary_emb
        )
        return attended


def repeat_keys(part: torch.nn.Module) -> None:
    """Have the encoders' attention within `part` take its quick way on a GPU too. Their masks, which
    they make themselves, are there for every song."""
    for module in part.modules():
        if isinstance(module, AceStepAttention):
            attention: Any = module  # typed for the library's own processors alone
            attention.set_processor(MaskedAttention(Masks(), repeats_keys=True))


def _with_own_keys(
    attn: Any,
    wave: Tensor,
    conditions: Tensor | None,
    mask: Tensor | None,
    turns: tuple[Tensor, Tensor] | None,
) -> Tensor:
    """What the stock processor computes, with a key and a value for every head."""

    def heads_of(states: Tensor) -> Tensor:
        return states.reshape(*states.shape[:2], -1, attn.head_dim)  # [batch, n, heads, width]

    listened = wave if conditions is None else conditions
    query, key = attn.norm_q(heads_of(attn.to_q(wave))), attn.norm_k(heads_of(attn.to_k(listened)))
    value = heads_of(attn.to_v(listened))
    if turns is not None and conditions is None:
        turn: Any = partial(  # typed by the library as a tuple of one
            apply_rotary_emb, use_real=True, use_real_unbind_dim=-2, sequence_dim=1
        )
        query, key = turn(query, turns), turn(key, turns)
    sharing = attn.heads // attn.kv_heads
    key, value = (states.repeat_interleave(sharing, dim=2) for states in (key, value))
    attended = scaled_dot_product_attention(
        query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), attn_mask=mask, scale=attn.scaling
    )
    found: Tensor = attn.to_out[1](attn.to_out[0](attended.transpose(1, 2).flatten(2)))
    return found
