"""Decides which parts of the model stay on the card, and when, by how much memory it has.

A song needs one part after another: texts are encoded, latents are denoised, then decoded. If all parts fit
on the card, all of them stay there. On a smaller card the parts take turns, and on a still smaller one so do
the transformer's blocks. A part that leaves the card is simply dropped there: every weight stays in host
memory, so nothing is copied back. accelerate's and diffusers' own offloading hooks `forward` calls, which
embeddings, `vae.decode` and the tokenizers' methods do not use, and copies weights back.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Linear, Module, Parameter

from audiomusic.engines.acestep.network.quantization import (
    QUANTIZED_PARTS,
    linear_layers,
    pin,
    saved_bytes,
    stored_bytes,
)

log = logging.getLogger(__name__)

Stay = Literal["all", "turns", "blocks"]
GIB = 2**30

#: The parts that are needed at the same time, in the order of a song.
TURNS: tuple[tuple[str, ...], ...] = (
    ("planner",),
    ("text_encoder", "condition_encoder"),
    ("condition_encoder", "audio_tokenizer", "audio_token_detokenizer"),
    ("transformer",),
    ("vae",),
)
#: Memory for activations, in bytes: the peaks that `devtools.acestep_memory` measures for the real shapes in
#: bfloat16, rounded up, and doubled for guidance, which predicts twice.
DENOISE_BYTES_A_SECOND = 2 * 2**20
DECODE_BYTES, DECODE_BYTES_A_FRAME = 110 * 2**20, round(2.2 * 2**20)
CONDITION_BYTES = 300 * 2**20
PLANNER_CACHE_BYTES = 512 * 2**20  # the language model's KV caches kept between songs
TAKE_CACHE_BYTES = 512 * 2**20  # the KV cache of one take while it is planned
SPARE = 0.06  # share of the card reserved for fragmentation and the kernels' workspaces


@dataclass(frozen=True)
class Placement:
    """What stays on the card, how many latents are decoded at once, the most audio per batch, and whether the
    language model has room to plan the next songs at the same time."""

    stay: Stay
    tile_frames: int
    batch_s: float
    plans_beside: bool = False

    @property
    def takes_planned(self) -> int:
        """How many takes the language model writes at once. Each needs up to half a GiB of KV cache; without
        `plans_beside` it uses the memory that decoding needs afterwards."""
        return max(1, self.tile_frames // 256) if self.stay == "all" else 1

    @property
    def records(self) -> bool:
        """Whether the card has room for the language model's CUDA graph and the static cache that it
        needs."""
        return self.stay == "all" and self.tile_frames >= 1024

    @property
    def name(self) -> str:
        return f"{self.stay}, tiles of {self.tile_frames}"


#: From the most to the least memory; the first that fits is used.
PLACEMENTS = (
    Placement("all", 1024, 480.0, plans_beside=True),
    Placement("all", 1024, 480.0),
    Placement("all", 512, 240.0),
    Placement("all", 256, 240.0),
    Placement("turns", 512, 240.0),
    Placement("turns", 256, 240.0),
    Placement("blocks", 256, 240.0),
    Placement("blocks", 128, 120.0),
    Placement("blocks", 64, 60.0),
)


@dataclass(frozen=True)
class PartSizes:
    """The size of each part's weights in bytes, of the transformer's largest block and of all its blocks."""

    parts: Mapping[str, int]
    block: int
    blocks: int


def sizes_of(parts: Mapping[str, Module], planner_bytes: int = 0) -> PartSizes:
    """Return the sizes of loaded modules, and of a language model that will be loaded beside them."""
    blocks = [_byte_count(block) for block in getattr(parts.get("transformer"), "layers", ())]
    sizes = {name: _byte_count(module) for name, module in parts.items()} | {"planner": planner_bytes}
    return PartSizes(sizes, max(blocks, default=0), sum(blocks))


def sizes_in_int8(parts: Mapping[str, Module], dtype: torch.dtype, planner_bytes: int = 0) -> PartSizes:
    """Return the sizes that loaded modules would have if quantized. `planner_bytes`: in 8 bits."""
    plain = sizes_of(parts, planner_bytes)
    saved = {
        name: sum(map(saved_bytes, linear_layers(parts[name], dtype)))
        for name in QUANTIZED_PARTS & set(parts)
    }
    blocks = [
        _byte_count(block) - sum(saved_bytes(layer) for layer in block.modules() if type(layer) is Linear)
        for block in getattr(parts.get("transformer"), "layers", ())
    ]
    sizes = {name: size - saved.get(name, 0) for name, size in plain.parts.items()}
    return PartSizes(sizes, max(blocks, default=0), sum(blocks))


def peak_bytes(placement: Placement, sizes: PartSizes) -> int:
    """Return the most memory that a song takes on the card, weights and activations together."""
    work = {
        "transformer": round(DENOISE_BYTES_A_SECOND * placement.batch_s),
        "vae": DECODE_BYTES + DECODE_BYTES_A_FRAME * placement.tile_frames,
        "condition_encoder": CONDITION_BYTES,
    }
    if placement.stay == "all":
        kept = 0
        if sizes.parts.get("planner"):
            kept += PLANNER_CACHE_BYTES * placement.records
            kept += TAKE_CACHE_BYTES * placement.takes_planned * placement.plans_beside
        return sum(sizes.parts.values()) + kept + max(work.values())
    parts = dict(sizes.parts)
    if placement.stay == "blocks":
        parts["transformer"] = parts.get("transformer", 0) - sizes.blocks + sizes.block
    return max(
        sum(parts.get(name, 0) for name in turn) + max(work.get(name, 0) for name in turn) for turn in TURNS
    )


def choose_placement(sizes: PartSizes, card_bytes: int) -> Placement | None:
    """Return the roomiest placement that fits, or None."""
    room = card_bytes * (1 - SPARE)
    return next((way for way in PLACEMENTS if peak_bytes(way, sizes) <= room), None)


@dataclass(frozen=True)
class CardMemory:
    """A card's memory in bytes: free now, and in total."""

    free: int
    total: int


def card_memory(device: torch.device) -> CardMemory | None:
    """Return the card's memory, or None if it shares the host's memory or does not report it."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return CardMemory(int(free), int(total))
    if device.type == "mps":
        most = int(torch.mps.recommended_max_memory())
        return CardMemory(most, most)
    return None


class Residents:
    """Moves parts to the card while they are needed. Parts that stay there need no move."""

    def __init__(self, parts: Mapping[str, Module], device: torch.device, stay: Stay) -> None:
        """All modules are in host memory; those that stay on the card are moved now."""
        self.parts = dict(parts)
        self.device = device
        self.stay = stay
        self._at_work: Counter[str] = Counter()
        self._moved: dict[str, _Moved] = {}
        self._lock = RLock()  # songs are decoded in other threads than they are denoised in
        if stay == "all":
            for part in self.parts.values():
                part.to(device)
        elif device.type == "cuda":
            for part in self.parts.values():
                _pin(part)
        if stay == "blocks":
            for block in self.parts["transformer"].layers:  # type: ignore[union-attr]
                _hook(block, device)

    def add(self, name: str, part: Module) -> None:
        """Add another part that is in host memory, such as the language model."""
        self.parts[name] = part
        if self.stay == "all":
            part.to(self.device)

    @contextmanager
    def at_work(self, *names: str) -> Iterator[None]:
        """Keep the parts on the card within the context. A part in use by several stays until its last user
        is done."""
        if self.stay == "all":
            yield
            return
        with ExitStack() as turn:
            for name in names:
                if self.parts.get(name) is not None:
                    turn.enter_context(self._turn(name))
            yield

    @contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        with self._lock:
            self._at_work[name] += 1
            if self._at_work[name] == 1:
                self._moved[name] = _Moved(self._movable(name), self.device)
        try:
            yield
        finally:
            with self._lock:
                self._at_work[name] -= 1
                if not self._at_work[name]:
                    self._moved.pop(name).back()

    def _movable(self, name: str) -> list[Module]:
        """Return the part's modules, except blocks that are moved one at a time."""
        part = self.parts[name]
        alone: set[Module] = set()
        if name == "transformer" and self.stay == "blocks":
            alone = {module for block in part.layers for module in block.modules()}  # type: ignore[union-attr]
        return [module for module in part.modules() if module not in alone]


class _Moved:
    """Weights that are on the card until they are put back. They are replaced in the modules' tables, since
    not every kind of card lets one tensor's data take the place of the other's."""

    def __init__(self, modules: list[Module], device: torch.device) -> None:
        self._kept: list[tuple[dict[str, Any], str, Tensor]] = []
        there: dict[int, Tensor] = {}  # tensors that modules share are moved once
        for module in modules:
            for table in (module._parameters, module._buffers):
                for name, tensor in table.items():
                    if tensor is not None:
                        self._kept.append((table, name, tensor))
                        if id(tensor) not in there:
                            there[id(tensor)] = _on(tensor, device)
                        table[name] = there[id(tensor)]  # type: ignore[assignment]

    def back(self) -> None:
        for table, name, tensor in self._kept:
            table[name] = tensor


def _on(tensor: Tensor, device: torch.device) -> Tensor:
    # CPU kernels round differently depending on requires_grad, so it is preserved.
    moved = tensor.detach().to(device, non_blocking=True)
    return Parameter(moved, requires_grad=tensor.requires_grad) if isinstance(tensor, Parameter) else moved


def _hook(block: Module, device: torch.device) -> None:
    """Keep the block on the card only while it is called."""
    moved: list[_Moved] = []

    def come(module: Module, *given: Any) -> None:
        moved.append(_Moved(list(module.modules()), device))

    def go(module: Module, *given: Any) -> None:
        moved.pop().back()

    block.register_forward_pre_hook(come)
    block.register_forward_hook(go, always_call=True)  # also if the song is cancelled within it


def _pin(part: Module) -> None:
    for tensor in (*part.parameters(), *part.buffers()):
        pin(tensor)


def _byte_count(module: Module) -> int:
    return sum(stored_bytes(tensor) for tensor in (*module.parameters(), *module.buffers()))
