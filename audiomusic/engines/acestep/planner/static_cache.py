"""A KV cache at fixed addresses, so that the decoding step can be captured as a CUDA graph and replayed.

For a single song, a step of the language model consists of some hundred small kernels, and a card spends
longer on launching each than on computing. A CUDA graph is a single launch, but its inputs and outputs must
stay at the addresses used during capture. A step then attends to all slots of the cache, so caches come in a
few sizes, and are kept, with their graphs, for the next song.
"""

from __future__ import annotations

import logging
import weakref
from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

log = logging.getLogger(__name__)

SIZES = (512, 1024, 2048, 4096)
#: Rows times slots of all caches that are kept: half a GiB (`placement.PLANNER_CACHE_BYTES`) for the 1.7B
#: model in half precision.
MOST_KEPT = 4096


class StaticCacheLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # transformers types part of itself
    """A layer's keys and values, of fixed size. `update` returns all of it; a mask says which slots count."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, cache: StaticCache) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cache = weakref.ref(cache)

    def make(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Allocate all slots, with the dtype and device of these states, unless already done."""
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
        """Write [batch, heads, new, size] of both to the cache's current slots. Idempotent."""
        cache = self._cache()
        assert cache is not None
        self.make(key_states, value_states)
        self.keys.index_copy_(2, cache.places, key_states)
        self.values.index_copy_(2, cache.places, value_states)
        return self.keys, self.values


class StaticCache:
    """Slots for `size` tokens of `rows` prompts, and the single-token step over them."""

    def __init__(self, model: Any, rows: int, size: int, *, records: bool) -> None:
        device = model.lm_head.weight.device
        self.model, self.rows, self.size = model, rows, size
        self.user: weakref.ref[Any] | None = None
        self.places = torch.zeros(1, dtype=torch.long, device=device)
        self._records = records
        self._every = torch.arange(size, device=device)
        # The inputs and the output of a step.
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
        """Return the hidden state of the last of `tokens`, [rows, new], which start at slot `start`. A row's
        text starts at slot -`offsets`, [rows, 1]; the slots before it are padding, which is masked."""
        places = torch.arange(start, start + tokens.shape[1], device=tokens.device)
        positions = (places + offsets).clamp(min=0)
        seen = (self._every <= places[:, None]) & (self._every >= -offsets[:, :, None])
        # A padded slot attends to itself: attention over nothing would give NaN.
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
        """Capture the step; if that fails, continue without a graph."""
        try:
            graph = torch.cuda.CUDAGraph()
            beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            beside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(beside):  # libraries allocate their workspaces before the capture
                self._run(self._ids, self._positions, self._mask)
            torch.cuda.current_stream().wait_stream(beside)
            # Meanwhile songs are made in another thread, which may allocate memory.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                self._hidden = self._run(self._ids, self._positions, self._mask)
            self._graph = graph
        except RuntimeError as error:
            self._records = False
            log.warning("The language model's step was not recorded and stays slower: %s", error)

    def take_over(self, other: StaticCache, length: int) -> None:
        """Copy the first `length` slots of a smaller cache."""
        for mine, theirs in zip(self._layers, other._layers, strict=True):
            mine.make(theirs.keys, theirs.values)
            mine.keys[:, :, :length] = theirs.keys[:, :, :length]
            mine.values[:, :, :length] = theirs.values[:, :, :length]


class StaticCaches:
    """The static caches of one language model, each lent to one decoder at a time."""

    def __init__(self, model: Any, *, records: bool) -> None:
        """`records`: capture the step as a CUDA graph, which requires a card."""
        self._model, self._records = model, records
        self._kept: dict[tuple[int, int], StaticCache] = {}  # in order of use

    def lend(self, user: object, rows: int, tokens: int) -> StaticCache:
        """Return a cache for `rows` with at least `tokens` slots, reserved as long as `user` exists."""
        size = next((size for size in SIZES if size >= tokens), tokens)
        cache = self._kept.pop((rows, size), None)
        if cache is None or not cache.is_free:
            cache = StaticCache(self._model, rows, size, records=self._records)
        cache.user = weakref.ref(user)
        if rows * size <= MOST_KEPT:  # a larger one is freed with its user
            self._kept[rows, size] = cache
            self._forget()
        return cache

    def _forget(self) -> None:
        """Evict the oldest caches until the rest is small enough."""
        while sum(rows * size for rows, size in self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
