"""Quantizes weights to int8 through torchao, with one scale per row (HALF_GROUPS in float16).

Only the linear layers of blocks are quantized, which are nine tenths of the weights. Small layers close to
the output (projections at either end, norms, the time embedding) stay as they are; so do the VAE, which is
convolutional, and the audio tokenizer, whose codes should be exact. The layers compute in the model's dtype:
a weight is dequantized when its layer is called.
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
#: Scales per row in float16. With one, torchao multiplies by integers up to 127 first and by the scale
#: afterwards, and float16 (up to 65,504) overflows in between. With more, it dequantizes the weights first.
HALF_GROUPS = 2


def quantize(part: Module, dtype: torch.dtype) -> None:
    """Quantize the linear layers of a part's blocks one after another, so that at most one is held twice.
    Layers in another dtype than `dtype` are left alone."""
    from torchao.quantization import Int8WeightOnlyConfig, PerGroup, PerRow, quantize_

    groups = _groups(dtype)
    for layer in linear_layers(part, dtype):
        scaled = PerRow() if groups == 1 else PerGroup(layer.in_features // groups)
        # The inductor config would be set for the whole process.
        quantize_(layer, Int8WeightOnlyConfig(granularity=scaled, set_inductor_config=False))


def linear_layers(part: Module, dtype: torch.dtype) -> Iterator[Linear]:
    """Iterate over the linear layers of this dtype in the part's blocks."""
    for name, module in part.named_modules():
        if type(module) is Linear and BLOCKS in name.split(".") and module.weight.dtype is dtype:
            yield module


def stored(tensor: Tensor) -> list[Tensor]:
    """Return the tensors that hold the values: the tensor itself, or the components of a quantized one."""
    if not is_traceable_wrapper_subclass(tensor):
        return [tensor]
    names, _ = tensor.__tensor_flatten__()
    return [piece for name in names for piece in stored(getattr(tensor, name))]


def stored_bytes(tensor: Tensor) -> int:
    return sum(piece.nbytes for piece in stored(tensor))


def saved_bytes(layer: Linear) -> int:
    """Return how many bytes quantizing a layer would save; 0 if it is already quantized."""
    rows, columns = layer.weight.shape
    return max(
        0, stored_bytes(layer.weight) - rows * (columns + INT8_ROW_BYTES * _groups(layer.weight.dtype))
    )


def pin(tensor: Tensor) -> None:
    """Pin a tensor's memory, from which a card copies several times as fast."""
    if not is_traceable_wrapper_subclass(tensor):
        tensor.data = tensor.data.pin_memory()
        return
    names, _ = tensor.__tensor_flatten__()  # setting `data` on the wrapper would not pin its components
    for name in names:
        setattr(tensor, name, getattr(tensor, name).pin_memory())


def _groups(dtype: torch.dtype) -> int:
    return HALF_GROUPS if dtype is torch.float16 else 1
