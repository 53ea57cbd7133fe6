"""Runs a finished song through the transformer once more, to read the heads that follow its lyrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from audiomusic.engines.acestep.model_input import PATCH, ModelInput
from audiomusic.engines.acestep.network.alignment import Span, sharpened, sung_lines, token_frames
from audiomusic.engines.acestep.network.conditions import (
    MOST_LYRIC_TOKENS,
    encode_conditions,
    outline,
    texts_of,
)
from audiomusic.engines.acestep.network.model import Model
from audiomusic.engines.studio.score import SungWord

LISTENING_STREAM = 0x11C  # separates this noise from the song's

Heads = Mapping[int, Sequence[int]]  # layer -> heads


class _HeardEnough(Exception):
    """Raised once all needed layers have been seen, so that the rest is not computed."""


@torch.no_grad()
def timed_lines(model: Model, song: ModelInput, latents: Tensor, steps: int) -> list[list[SungWord]]:
    """Return the words of each sung line with their times, from a song's finished `latents` [frames,
    channels]. Empty if the lyric heads of these weights are unknown, or nothing is sung."""
    spans, places = lyric_tokens(model, song)
    heads = model.facts.lyric_heads
    if not heads or not places:
        return []
    attention = cross_attention(model, song, latents, steps, heads)[:, places]
    frames = token_frames(sharpened(attention))
    return sung_lines(song.lyrics, spans, frames, PATCH / model.frames_per_s, song.duration_s)


def lyric_tokens(model: Model, song: ModelInput) -> tuple[list[Span], list[int]]:
    """Return, for the tokens of the lyrics themselves, the range of characters within the lyrics, and the
    index among the conditions, where the lyrics come first."""
    _, text = texts_of(model, song)
    body = text.index(song.lyrics) if song.lyrics else 0
    found = model.tokens(text, truncation=True, max_length=MOST_LYRIC_TOKENS, return_offsets_mapping=True)
    spans, places = [], []
    for place, (start, stop) in enumerate(found["offset_mapping"]):
        if start < body + len(song.lyrics) and stop > body:
            spans.append((start - body, stop - body))
            places.append(place)
    return spans, places


def cross_attention(model: Model, song: ModelInput, latents: Tensor, steps: int, heads: Heads) -> Tensor:
    """Return how much each patch of the song attends to each condition, for the wanted heads in layer order:
    float32 [heads, conditions, patches].

    The song is passed through alone, with the low noise level at which its last step begins.
    """
    level = 1.0 / steps
    generator = torch.Generator().manual_seed(song.seed ^ LISTENING_STREAM)
    noise = torch.randn(latents.shape, generator=generator).to(model.device)
    noisy = level * noise + (1.0 - level) * latents.to(model.device).float()
    time = torch.full((1,), level, device=model.device, dtype=model.dtype)
    seen: list[Tensor] = []
    layers = model.pipe.transformer.layers
    hooks = [
        layers[layer].cross_attn.register_forward_pre_hook(
            partial(_look, seen, heads[layer], layer == max(heads)), with_kwargs=True
        )
        for layer in sorted(heads)
    ]
    states, followed = encode_conditions(model, [song]).states, outline(model, song)[None]
    try:
        # Not compiled: each hook would trigger a recompilation of its block.
        with model.at_work("transformer"), torch.compiler.set_stance("force_eager"):
            model.pipe.transformer(
                hidden_states=noisy[None].to(model.dtype),
                timestep=time,
                timestep_r=time,
                encoder_hidden_states=states,
                context_latents=followed,
            )
    except _HeardEnough:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat(seen)


def _look(
    seen: list[Tensor], heads: Sequence[int], is_last: bool, attn: Any, args: Any, named: dict[str, Any]
) -> None:
    """Record what these heads of a layer's cross-attention attend to, just before it is computed."""
    queries = attn.norm_q(attn.to_q(named["hidden_states"]).unflatten(-1, (attn.heads, attn.head_dim)))
    keys = attn.to_k(named["encoder_hidden_states"]).unflatten(-1, (attn.kv_heads, attn.head_dim))
    keys = attn.norm_k(keys)
    sharing = attn.heads // attn.kv_heads  # heads per shared key
    for head in heads:
        query, key = queries[0, :, head].float(), keys[0, :, head // sharing].float()
        seen.append((query @ key.T * attn.scaling).softmax(-1).T[None])
    if is_last:
        raise _HeardEnough
