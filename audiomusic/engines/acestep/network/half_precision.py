"""Works around float16 overflow in the lyric encoder's last layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import Module


def keep_lyrics_exact(condition_encoder: Any) -> None:
    """Run the lyric encoder's last layer and its norm in float32.

    float16 ends at 65,504, but with ACE-Step's weights that layer's output reaches 505,000. The norm brings
    it back into range, so everything else can stay in float16.
    """
    encoder = condition_encoder.lyric_encoder
    for module in (encoder.layers[-1], encoder.norm):
        module.float()
        module.register_forward_pre_hook(_exact, with_kwargs=True)
    encoder.norm.register_forward_hook(_half)


def _exact(module: Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, Any]:
    return tuple(_float(each) for each in given), {name: _float(each) for name, each in named.items()}


def _float(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_float(each) for each in value)
    is_half = isinstance(value, Tensor) and value.dtype is torch.float16
    return value.float() if is_half else value


def _half(module: Module, given: Any, made: Tensor) -> Tensor:
    return made.half()
