"""A KV cache that grows on demand, for decoding without a CUDA graph."""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

_ROOM = 256  # minimum growth in tokens


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers types part of itself
    """A layer's keys and values with spare capacity: the stock layer copies all of them at every token."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append [batch, heads, new, size] to both; returns all of them, as views."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._rooms = [key_states.new_empty(0), value_states.new_empty(0)]
        start = self.get_seq_length()
        self.keys = self._append(0, start, key_states)
        self.values = self._append(1, start, value_states)
        return self.keys, self.values

    def _append(self, which: int, start: int, new: torch.Tensor) -> torch.Tensor:
        batch, heads, count, size = new.shape
        stop = start + count
        room = self._rooms[which]
        if room.dim() < 4 or room.shape[2] < stop:
            wider = new.new_empty(batch, heads, stop + max(_ROOM, stop // 2), size)
            if start:
                wider[:, :, :start] = room[:, :, :start]
            self._rooms[which] = room = wider
        room[:, :, start:stop] = new
        return room[:, :, :stop]


class GrowingCache:
    """The cache of prompts that are continued together, at most `size` tokens each."""

    def __init__(self, model: Any, lengths: list[int], size: int) -> None:
        """`lengths`: of the prompts; shorter ones start with padding, which is masked."""
        self.model, self.size = model, size
        padding = torch.tensor([[max(lengths) - length] for length in lengths])
        self._seen = (torch.arange(size) >= padding).long().to(model.lm_head.weight.device)
        self._is_even = len(set(lengths)) == 1
        self._cache = DynamicCache()
        self._cache.layers = [RoomyLayer() for _ in model.model.layers]  # type: ignore[no-untyped-call]
        self._cache.layer_class_to_replicate = None

    def read(self, tokens: torch.Tensor, start: int, offsets: torch.Tensor) -> torch.Tensor:
        """Return the hidden state of the last of `tokens`, as `StaticCache.read` does."""
        stop = start + tokens.shape[1]
        output = self.model.model(
            input_ids=tokens,
            # No mask if nothing is padded: attention then uses its fastest kernel.
            attention_mask=None if self._is_even else self._seen[:, :stop],
            position_ids=(torch.arange(start, stop, device=tokens.device) + offsets).clamp(min=0),
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: torch.Tensor = output.last_hidden_state[:, -1]
        return hidden
