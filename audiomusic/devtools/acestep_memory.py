"""The GPU memory that a song takes, computed without a GPU from tensors with real shapes but no values.

`python -m audiomusic.devtools.acestep_memory` prints the peak of each stage for the 2B and the XL model, with
plain and with 8-bit weights. Each tensor counts from the allocation of its storage until its release, as with
an allocator without losses. The kernels' own workspace and fragments that are too small come on top:
`placement.SPARE`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import Module
from torch.utils._python_dispatch import TorchDispatchMode, is_traceable_wrapper_subclass
from torch.utils._pytree import tree_leaves

from audiomusic.devtools.acestep_weights import REAL_2B, REAL_XL, Size, random_parts
from audiomusic.engines.acestep.network.attention import MaskedAttention, Masks
from audiomusic.engines.acestep.network.decoder import quicken
from audiomusic.engines.acestep.network.quantization import QUANTIZED_PARTS, quantize, stored, stored_bytes
from audiomusic.engines.acestep.placement import GIB, choose_placement, peak_bytes, sizes_of

FRAMES_A_SECOND = 25
TEXT_TOKENS = 600
MIB = 2**20


class CountingAllocator(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the live bytes (`now`) and their maximum (`peak`), without the tensors in `given`."""

    def __init__(self, given: Iterable[torch.Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.peak: int = 0
        self._seen = {piece.untyped_storage()._cdata for tensor in given for piece in stored(tensor)}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if any(is_traceable_wrapper_subclass(leaf) for leaf in tree_leaves((args, kwargs))):
            return NotImplemented  # a quantized tensor unwraps itself and calls this again for each part
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._seen:
            return
        self._seen.add(key)
        size = storage.nbytes()
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._free, key, size)

    def _free(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size


class RealModel:
    """A model's parts, with their real shapes but without values."""

    def __init__(self, size: Size = REAL_2B, *, is_quantized: bool = False) -> None:
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        torch.set_default_dtype(torch.bfloat16)
        try:
            with self._mode:
                parts = random_parts(size, is_turbo=True)
        finally:
            torch.set_default_dtype(torch.float32)
        self.parts = {name: part.eval() for name, part in parts.items() if isinstance(part, Module)}
        self.parts["transformer"].set_attn_processor(MaskedAttention(Masks(), repeats_keys=True))  # type: ignore[operator]
        with self._mode:
            quicken(self.parts["vae"], compiled=False)
            for name in QUANTIZED_PARTS & set(self.parts) if is_quantized else ():
                quantize(self.parts[name], torch.bfloat16)

    def decode_peak(self, tile_frames: int, seconds: float = 240.0) -> int:
        """Return the bytes that decoding takes besides the weights."""
        vae: Any = self.parts["vae"]
        vae.tile_latent_min_length = tile_frames
        frames = round(seconds * FRAMES_A_SECOND)
        return self._peak(vae, lambda: vae.decode(self._empty(1, vae.config.decoder_input_channels, frames)))

    def denoise_peak(self, seconds: float, songs: int) -> int:
        """Return the bytes that one prediction takes besides the weights."""
        transformer: Any = self.parts["transformer"]
        frames = round(seconds * FRAMES_A_SECOND)
        channels = transformer.config.audio_acoustic_hidden_dim
        width = transformer.config.encoder_hidden_size or transformer.config.hidden_size
        return self._peak(
            transformer,
            lambda: transformer(
                hidden_states=self._empty(songs, frames, channels),
                timestep=torch.ones(songs, dtype=torch.bfloat16),
                timestep_r=torch.ones(songs, dtype=torch.bfloat16),
                encoder_hidden_states=self._empty(songs, TEXT_TOKENS, width),
                context_latents=self._empty(songs, frames, 2 * channels),
                return_dict=False,
            ),
        )

    def _empty(self, *shape: int) -> torch.Tensor:
        return torch.empty(shape, dtype=torch.bfloat16)

    def _peak(self, part: Module, work: Callable[[], Any]) -> int:
        weights = (*part.parameters(), *part.buffers())
        with self._mode, torch.no_grad(), CountingAllocator(weights) as allocator:
            work()
        return int(allocator.peak)


def main(say: Callable[[str], Any] = print) -> None:
    for name, size in (("2B", REAL_2B), ("XL", REAL_XL)):
        for is_quantized in (False, True):
            say(f"{name}, {'weights of 8 bits' if is_quantized else 'plain weights'}")
            _tell(RealModel(size, is_quantized=is_quantized), say)


def _tell(model: RealModel, say: Callable[[str], Any]) -> None:
    for name, part in model.parts.items():
        size = sum(stored_bytes(tensor) for tensor in (*part.parameters(), *part.buffers()))
        say(f"  {name:24} {size / GIB:6.2f} GiB")
    for tile_frames in (64, 128, 256, 512, 1024):
        say(f"  decode, tiles of {tile_frames:7} {model.decode_peak(tile_frames) / MIB:6.0f} MiB")
    for seconds, songs in ((60, 1), (240, 1), (240, 2), (120, 4)):
        say(f"  denoise, {songs} of {seconds:4} s      {model.denoise_peak(seconds, songs) / MIB:6.0f} MiB")
    sizes = sizes_of(model.parts)
    for gib in (2, 3, 4, 6, 8, 10, 12, 16, 24):
        way = choose_placement(sizes, gib * GIB)
        row = f"{way.name:24} {peak_bytes(way, sizes) / GIB:5.1f} GiB at most" if way else "too small"
        say(f"  {gib:3} GiB free: {row}")


if __name__ == "__main__":
    main()
