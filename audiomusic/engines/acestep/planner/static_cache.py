"""Keys and values at fixed places, so that a card can record the step of one token and repeat it.

At one song a step of the language model is some hundred small kernels, and a card waits longer for each
launch than it computes. A recorded step (CUDA graph) is one launch; what it reads and writes must lie
where it lay when it was recorded. A step then looks at all places, so they come in a few sizes, and
are kept for the next song with what was recorded over them.
"""

from __future__ import annotations

import logging
import weakref
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

log = logging.getLogger(__name__)

SIZES = (512, 1024, 2048, 4096)
#: Rows times places of all that are kept: half a GiB (`placement.PLANNER_CACHE_BYTES`) of the 1.7B model
#: in half precision.
MOST_KEPT = 4096


class StaticCacheLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers types part of itself
    """A layer's keys and values, of fixed size. All of it is given back: a mask says what counts."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, cache: StaticCache) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cache = weakref.ref(cache)

    def make(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Take the memory for all places, of the kind of these, unless it is there."""
        cache = self._cache()
        assert cache is not None
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            batch, heads, _, size = key_states.shape
            self.keys = key_states.new_zeros(batch, heads, cache.size, size)
            self.values = value_states.new_zeros(batch, heads, cache.size, size)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write [batch, heads, new, size] of both to the cache's present places. Twice is as good as once."""
        cache = self._cache()
        assert cache is not None
        self.make(key_states, value_states)
        self.keys.index_copy_(2, cache.places, key_states)
        self.values.index_copy_(2, cache.places, value_states)
        return self.keys, self.values


class StaticCache:
    """Places for `size` tokens of `rows` prompts, and the step of one token over them."""

    def __init__(self, model: Any, rows: int, size: int, *, records: bool) -> None:
        device = model.lm_head.weight.device
        self.model, self.rows, self.size = model, rows, size
        self.user: weakref.ref[Any] | None = None
        self.places = torch.zeros(1, dtype=torch.long, device=device)
        self._records = records
        self._every = torch.arange(size, device=device)
        # What a step reads, and where it leaves its answer.
        self._place = self.places
        self._ids = torch.zeros(rows, 1, dtype=torch.long, device=device)
        self._positions = torch.zeros(rows, 1, dtype=torch.long, device=device)
        self._mask = torch.zeros(rows, 1, 1, size, dtype=torch.bool, device=device)
        self._hidden: torch.Tensor | None = None
        self._graph: Any = None
        self._layers = [StaticCacheLayer(self) for _ in range(len(model.model.layers))]
        self._cache = DynamicCache()
        self._cache.layers = self._layers  # type: ignore[assignment]
        self._cache.layer_class_to_replicate = None

    @property
    def is_free(self) -> bool:
        return self.user is None or self.user() is None

    def read(self, tokens: torch.Tensor, start: int, offsets: torch.Tensor) -> torch.Tensor:
        """The hidden state behind the last of `tokens`, [rows, new], which stand from place `start` on.
        A row's text begins at place -`offsets`, [rows, 1]; before it is padding, which nobody sees."""
        places = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        positions = (places + offsets).clamp(min=0)
        seen = (self._every <= places[:, None]) & (self._every >= -offsets[:, :, None])
        # A padded place sees itself: over nothing attention would be no number.
        mask = (seen | (self._every == places[:, None]))[:, None]
        if tokens.shape[1] > 1:
            self.places = places
            hidden = self._run(tokens, positions, mask)
            self.places = self._place
            return hidden
        self._place.copy_(places)
        self._ids.copy_(tokens)
        self._positions.copy_(positions)
        self._mask.copy_(mask)
        return self._step().clone()

    def _run(self, ids: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        output = self.model.model(
            input_ids=ids,
            attention_mask={"full_attention": mask},
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
        )
        hidden: torch.Tensor = output.last_hidden_state[:, -1]
        return hidden

    def _step(self) -> torch.Tensor:
        if self._records and self._graph is None:
            self._record()
        if self._graph is None:
            return self._run(self._ids, self._positions, self._mask)
        self._graph.replay()
        assert self._hidden is not None
        return self._hidden

    def _record(self) -> None:
        """Record the step; where the card does not, steps go on as they did."""
        try:
            graph = torch.cuda.CUDAGraph()
            beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            beside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(beside):  # libraries get their workspaces before, not while it is recorded
                self._run(self._ids, self._positions, self._mask)
            torch.cuda.current_stream().wait_stream(beside)
            # Songs are made in another thread meanwhile, which may ask for memory as it likes.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._hidden = self._run(self._ids, self._positions, self._mask)
            self._graph = graph
        except RuntimeError as error:
            self._records = False
            log.warning("The language model's step was not recorded and stays slower: %s", error)

    def take_over(self, other: StaticCache, length: int) -> None:
        """Begin with the first `length` places of a smaller one."""
        for mine, theirs in zip(self._layers, other._layers, strict=True):
            mine.make(theirs.keys, theirs.values)
            mine.keys[:, :, :length] = theirs.keys[:, :, :length]
            mine.values[:, :, :length] = theirs.values[:, :, :length]


class StaticCaches:
    """The static caches of one language model, each lent to one decoder at a time."""

    def __init__(self, model: Any, *, records: bool) -> None:
        """`records`: the step is recorded, which takes a card."""
        self._model, self._records = model, records
        self._kept: dict[tuple[int, int], StaticCache] = {}  # the last used last

    def lend(self, user: object, rows: int, tokens: int) -> StaticCache:
        """A cache for so many rows with places for `tokens` at least, until `user` is no more."""
        size = next((size for size in SIZES if size >= tokens), tokens)
        cache = self._kept.pop((rows, size), None)
        if cache is None or not cache.is_free:
            cache = StaticCache(self._model, rows, size, records=self._records)
        cache.user = weakref.ref(user)
        if rows * size <= MOST_KEPT:  # a larger one goes with its user
            self._kept[rows, size] = cache
            self._forget()
        return cache

    def _forget(self) -> None:
        """Let the oldest go until the others are few enough."""
        while sum(rows * size for rows, size in self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
