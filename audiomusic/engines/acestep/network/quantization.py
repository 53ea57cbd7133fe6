"""Weights of 8 bits, through torchao: whole numbers of one byte, and a scale for each row.

Only the linear layers of blocks, which are nine tenths of the weights. What is small and near the song
(projections at either end, norms, the embedding of time) stays as it is; so do the VAE, whose filters are no
linear layers, and the audio tokenizer, whose codes should be exact. The layers compute in the model's own
number format: a weight is widened when its layer is called.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import Linear, Module
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from audiomusic.engines.acestep.folder import BLOCKS, INT8_ROW_BYTES

#: The parts whose blocks may be quantized. "planner" is the language model.
QUANTIZED_PARTS = frozenset({"transformer", "text_encoder", "condition_encoder", "planner"})
#: How many scales a row has in float16. With one, torchao multiplies by whole numbers up to 127 and by the
#: scale afterwards, and in between float16 (up to 65,504) overflows. With more it widens the weights first.
HALF_GROUPS = 2


def quantize(part: Module, dtype: torch.dtype) -> None:
    """Quantize the linear layers of a part's blocks, one after the other, so that no more than one lies there
    twice. Those that are kept in another number format than `dtype` are left alone."""
    from torchao.quantization import Int8WeightOnlyConfig, PerGroup, PerRow, quantize_

    groups = _groups(dtype)
    for layer in linear_layers(part, dtype):
        scaled = PerRow() if groups == 1 else PerGroup(layer.in_features // groups)
        # What it would set of the compiler is set for the whole process.
        quantize_(layer, Int8WeightOnlyConfig(granularity=scaled, set_inductor_config=False))


def linear_layers(part: Module, dtype: torch.dtype) -> Iterator[Linear]:
    """The linear layers of this number format within the part's blocks."""
    for name, module in part.named_modules():
        if type(module) is Linear and BLOCKS in name.split(".") and module.weight.dtype is dtype:
            yield module


def stored(tensor: Tensor) -> list[Tensor]:
    """The tensors that hold the values: itself, or what a quantized one is made of."""
    if not is_traceable_wrapper_subclass(tensor):
        return [tensor]
    names, _ = tensor.__tensor_flatten__()
    return [piece for name in names for piece in stored(getattr(tensor, name))]


def stored_bytes(tensor: Tensor) -> int:
    return sum(piece.nbytes for piece in stored(tensor))


def saved_bytes(layer: Linear) -> int:
    """What quantizing a layer would save; nothing where it is quantized already."""
    rows, columns = layer.weight.shape
    return max(
        0, stored_bytes(layer.weight) - rows * (columns + INT8_ROW_BYTES * _groups(layer.weight.dtype))
    )


def pin(tensor: Tensor) -> None:
    """Let a tensor's pages stay where they are: a card fetches them several times as fast."""
    if not is_traceable_wrapper_subclass(tensor):
        tensor.data = tensor.data.pin_memory()
        return
    names, _ = tensor.__tensor_flatten__()  # setting its `data` would leave these as they were
    for name in names:
        setattr(tensor, name, getattr(tensor, name).pin_memory())


def _groups(dtype: torch.dtype) -> int:
    return HALF_GROUPS if dtype is torch.float16 else 1
