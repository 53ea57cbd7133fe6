"""Runs the language model over tokens, with a KV cache, and returns logits."""

from __future__ import annotations

from typing import Any

import torch

from audiomusic.engines.acestep.planner.base import RoomError
from audiomusic.engines.acestep.planner.growing_cache import GrowingCache
from audiomusic.engines.acestep.planner.static_cache import StaticCache, StaticCaches


class Decoder:
    """Prompts that are continued together: one, one with its negative prompt, or those of several takes.

    Prompts are left-padded to one length and the padding is masked, so a prompt's logits do not depend on the
    others except for rounding.
    """

    def __init__(
        self,
        model: Any,
        prompts: list[list[int]],
        pad: int,
        most_tokens: int,
        caches: StaticCaches | None = None,
    ) -> None:
        """`caches`: take the KV cache from these; without, use one that grows on demand."""
        self.model = model
        self._caches = caches
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
        self._cache: GrowingCache | StaticCache = (
            GrowingCache(model, lengths, most_tokens)
            if caches is None
            else caches.lend(self, len(prompts), self.length)
        )
        self._done = 0
        self._hidden: torch.Tensor | None = None

    @property
    def room(self) -> int:
        """How many more tokens fit."""
        return self.most_tokens - self.length

    def write(self, tokens: list[int]) -> None:
        """Append these tokens to every prompt; the model reads them at the next call for logits."""
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
        """Append to each prompt a token of its own."""
        if not self.room:
            self.write([0])  # raises RoomError
        new = torch.tensor(tokens, device=self.device)[:, None]
        self._waiting = torch.cat([self._waiting, new], dim=1)
        self.length += 1

    def logits(self, rows: torch.Tensor | slice) -> torch.Tensor:
        """Return the next token's logits, only for these rows of the vocabulary: float32 [prompts, rows]."""
        weight = self.model.lm_head.weight[rows]
        return torch.nn.functional.linear(self._last_hidden(), weight).float()

    def _last_hidden(self) -> torch.Tensor:
        """Return the hidden state of the last token, [prompts, hidden], after reading the pending tokens."""
        if self._waiting.shape[1]:
            if self._cache.size < self.length:
                self._cache = self._widened(self._cache)
            self._hidden = self._cache.read(self._waiting, self._done, self._offsets)
            self._done = self.length
            self._waiting = self._waiting[:, :0]
        assert self._hidden is not None
        return self._hidden

    def _widened(self, cache: GrowingCache | StaticCache) -> StaticCache:
        """Copy what was read so far into a cache with room for all pending tokens. A growing cache never
        needs it."""
        assert self._caches is not None and isinstance(cache, StaticCache)
        wider = self._caches.lend(self, len(self._waiting), self.length)
        if self._done:
            wider.take_over(cache, self._done)
        return wider
