"""Attention that masks padding, so that a song does not depend on the others in its batch.

The stock transformer drops the mask of its conditions: in a batch, a short prompt attends to the padding up
to the longest one, and a short song to the silence after it.
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
    """The attention masks of a batch. None if nothing is padded, which is also the fastest path."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.set(frames=None, conditions=None)

    def set(self, *, frames: Tensor | None, conditions: Tensor | None) -> None:
        """Set the masks. `frames`: bool [batch, patches], `conditions`: bool [batch, tokens]; True is
        attended to."""
        self.frames = None if frames is None else frames[:, None, None]
        self.conditions = None if conditions is None else conditions[:, None, None]

    def of_frames(self, band: Tensor | None) -> Tensor | None:
        """Return the self-attention mask. `band` is a sliding layer's own mask, additive [1, 1, n, n]."""
        if self.frames is None or band is None:
            return band if self.frames is None else self.frames
        # Additive and finite: a padded row has nothing to attend to and must not become NaN. Not cached
        # across layers: blocks would be compiled separately if state changed between them.
        low = torch.finfo(band.dtype).min
        return torch.minimum(band, torch.where(self.frames, 0.0, low).to(band.dtype))


class MaskedAttention(AceStepAttnProcessor2_0):
    """The stock processor with the batch's masks; one object serves all layers.

    `repeats_keys`: when a mask is used, repeat the shared (grouped-query) keys for each head. On a GPU no
    fast kernel takes both a mask and shared keys, so every sliding layer would write its n-by-n scores to
    memory; the copies are small in comparison. The one kernel that takes shared keys, without a mask, does
    not support float32.
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
    """Make the encoders' attention within `part` use the fast path on a GPU too. The encoders build their own
    masks, and do so for every song."""
    for module in part.modules():
        if isinstance(module, AceStepAttention):
            attention: Any = module  # typed only for the library's own processors
            attention.set_processor(MaskedAttention(Masks(), repeats_keys=True))


def _with_own_keys(
    attn: Any,
    wave: Tensor,
    conditions: Tensor | None,
    mask: Tensor | None,
    turns: tuple[Tensor, Tensor] | None,
) -> Tensor:
    """Compute what the stock processor computes, with a separate key and value for every head."""

    def heads_of(states: Tensor) -> Tensor:
        return states.reshape(*states.shape[:2], -1, attn.head_dim)  # [batch, n, heads, width]

    listened = wave if conditions is None else conditions
    query, key = attn.norm_q(heads_of(attn.to_q(wave))), attn.norm_k(heads_of(attn.to_k(listened)))
    value = heads_of(attn.to_v(listened))
    if turns is not None and conditions is None:
        turn: Any = partial(  # typed by the library as a 1-tuple
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
