"""Tokens in, logits out, with keys and values kept: one song at a time through the language model."""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

from audiomusic.engines.acestep.planner.base import RoomError
from audiomusic.engines.acestep.planner.static_cache import StaticCache, StaticCaches

_ROOM = 256  # keys and values grow by so many places at once


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers types part of itself
    """A layer's keys and values with room to grow: the stock layer copies all of them at every token."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append [batch, heads, new, size] to both; gives all of them, as views."""
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


class Decoder:
    """Prompts that are continued together: one, or one with its negative, or those of several takes.

    Prompts are padded on the left to one length, and the padding is seen by nobody, so a
    prompt's logits do not depend on the prompt beside it but for rounding.
    """

    def __init__(
        self,
        model: Any,
        prompts: list[list[int]],
        pad: int,
        most_tokens: int,
        caches: StaticCaches | None = None,
    ) -> None:
        """`caches`: keys and values lie in one of these; without, they grow as they need."""
        self.model = model
        self._caches = caches
        self._static: StaticCache | None = None
        self.most_tokens = most_tokens
        self.device = model.lm_head.weight.device
        self.length = max(map(len, prompts))
        if self.length > most_tokens:
            raise RoomError(
                f"the language model reads at most {most_tokens} tokens, and this text has {self.length}:"
                " shorten the caption, the lyrics or the audio"
            )
        lengths = [len(prompt) for prompt in prompts]
        padded = [[pad] * (self.length - len(prompt)) + prompt for prompt in prompts]
        self._waiting = torch.tensor(padded, device=self.device)
        self._offsets = torch.tensor([[length - self.length] for length in lengths], device=self.device)
        self._seen = torch.ones(len(prompts), most_tokens, dtype=torch.long, device=self.device)
        for row, length in enumerate(lengths):
            self._seen[row, : self.length - length] = 0
        self._even = len(set(lengths)) == 1
        layers = len(model.model.layers)
        self._cache = DynamicCache()
        self._cache.layers = [RoomyLayer() for _ in range(layers)]  # type: ignore[no-untyped-call]
        self._cache.layer_class_to_replicate = None
        self._done = 0
        self._hidden: torch.Tensor | None = None

    @property
    def room(self) -> int:
        """How many more tokens may follow."""
        return self.most_tokens - self.length

    def write(self, tokens: list[int]) -> None:
        """Continue every prompt by these; the model reads them when it is next asked."""
        if not tokens:
            return
        if len(tokens) > self.room:
            raise RoomError(
                f"the language model holds at most {self.most_tokens} tokens, and the song's text fills"
                " them before it is done: shorten the caption or the lyrics"
            )
        new = torch.tensor([tokens], device=self.device).expand(len(self._waiting), -1)
        self._waiting = torch.cat([self._waiting, new], dim=1)
        self.length += len(tokens)

    def write_each(self, tokens: list[int]) -> None:
        """Continue each prompt by a token of its own."""
        if not self.room:
            self.write([0])  # says that there is none
        new = torch.tensor(tokens, device=self.device)[:, None]
        self._waiting = torch.cat([self._waiting, new], dim=1)
        self.length += 1

    def logits(self, rows: torch.Tensor | slice) -> torch.Tensor:
        """What may follow, for these rows of the vocabulary alone: float32 [prompts, rows]."""
        weight = self.model.lm_head.weight[rows]
        return torch.nn.functional.linear(self._last_hidden(), weight).float()

    def _last_hidden(self) -> torch.Tensor:
        """The hidden state behind the last token, [prompts, hidden]; reads what waits."""
        if self._waiting.shape[1]:
            self._hidden = self._read() if self._caches is None else self._read_static(self._caches)
            self._done = self.length
            self._waiting = self._waiting[:, :0]
        assert self._hidden is not None
        return self._hidden

    def _read_static(self, caches: StaticCaches) -> torch.Tensor:
        if self._static is None or self._static.size < self.length:
            wider = caches.lend(self, len(self._waiting), self.length)
            if self._static is not None:
                wider.take_over(self._static, self._done)
            self._static = wider
        return self._static.read(self._waiting, self._done, self._offsets)

    def _read(self) -> torch.Tensor:
        places = torch.arange(self._done, self.length, device=self.device) + self._offsets
        output = self.model.model(
            input_ids=self._waiting,
            # No mask where nothing is padded: attention then takes its fastest way.
            attention_mask=None if self._even else self._seen[:, : self.length],
            position_ids=places.clamp(min=0),
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: torch.Tensor = output.last_hidden_state[:, -1]
        return hidden
