"""Maps the VAE's tensors from stable-audio-tools' numbered layers to the names in diffusers' module.

A block is `layers.N`, whose own layers are numbered again. A weight is stored as its direction and its
length, `weight_v` and `weight_g`, or under the names that newer torch gives these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import count
from math import ceil, prod
from typing import Any, Literal

from audiomusic.engines.acestep.layouts.heads import Shapes, WeightsError

Half = Literal["encoder", "decoder"]

LATENTS_PER_S = 25  # in every ACE-Step 1.5; the sample rate follows from it
#: The layers of a block, in order.
BLOCK: dict[Half, tuple[str, ...]] = {
    "encoder": ("res_unit1", "res_unit2", "res_unit3", "snake1", "conv1"),
    "decoder": ("snake1", "conv_t1", "res_unit1", "res_unit2", "res_unit3"),
}
UNIT = ("snake1", "conv1", "snake2", "conv2")
#: Newer torch's names for a weight's length and direction.
WEIGHTS = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
NAME = re.compile(r"(encoder|decoder)\.layers\.(\d+)(?:\.layers\.(\d+))?(?:\.layers\.(\d+))?\.(.+)")
#: The reach of a kernel of size 7 in a residual block of three units with dilations 1, 3 and 9.
UNITS_REACH = 3 * (1 + 3 + 9)


def vae_names(names: Iterable[str]) -> dict[str, str]:
    """Return the module's tensor names -> the file's. Tensors that the module does not know are left out."""
    names = list(names)
    blocks = {half: _block_count(names, half) for half in BLOCK}
    found = {_module_name(name, blocks): name for name in names}
    return {there: name for there, name in found.items() if there}


def _block_count(names: Iterable[str], half: Half) -> int:
    """Return the number of blocks in a half: one layer precedes them and two follow."""
    layers = {int(match[2]) for name in names if (match := NAME.fullmatch(name)) and match[1] == half}
    return max(layers, default=2) - 2


def _module_name(name: str, blocks: Mapping[Half, int]) -> str:
    match = NAME.fullmatch(name)
    if match is None:
        return name  # already diffusers' name, as in some files
    half: Half = "encoder" if match[1] == "encoder" else "decoder"
    layer, place, unit, rest = int(match[2]), match[3], match[4], WEIGHTS.get(match[5], match[5])
    ends = {0: "conv1", blocks[half] + 1: "snake1", blocks[half] + 2: "conv2"}
    if place is None:
        return f"{half}.{ends[layer]}.{rest}" if layer in ends else ""
    if int(place) >= len(BLOCK[half]) or int(unit or 0) >= len(UNIT):
        return ""
    inner = "" if unit is None else f".{UNIT[int(unit)]}"
    return f"{half}.block.{layer - 1}.{BLOCK[half][int(place)]}{inner}.{rest}"


def vae_config(shapes: Shapes) -> dict[str, Any]:
    """Return the module's arguments, from its tensors. Raises WeightsError if a tensor that determines one is
    missing."""
    try:
        hidden, audio_channels, _ = shapes["encoder.conv1.weight_v"]
        blocks = [shapes[name] for name in _down_names(shapes)]
        ratios = [width // 2 for _, _, width in blocks]
        return {
            "encoder_hidden_size": hidden,
            "downsampling_ratios": ratios,
            "channel_multiples": [channels // hidden for channels, _, _ in blocks],
            "decoder_channels": shapes["decoder.conv2.weight_v"][1],
            "decoder_input_channels": shapes["decoder.conv1.weight_v"][1],
            "audio_channels": audio_channels,
            "sampling_rate": LATENTS_PER_S * prod(ratios),
        }
    except KeyError as error:
        raise WeightsError(
            f"The weights of the VAE lack the tensor {error.args[0]}. Fetch them again."
        ) from None


def _down_names(shapes: Shapes) -> Iterable[str]:
    names = (f"encoder.block.{number}.conv1.weight_v" for number in count())
    for name in names:
        if name not in shapes:
            return
        yield name


def reach_frames(ratios: Iterable[int]) -> int:
    """Return the encoder's reach in latents on either side of one: after that many, silence stays
    constant."""
    reach, step = 3, 1
    for ratio in ratios:
        reach += (UNITS_REACH + 2 * ratio) * step
        step *= ratio
    return ceil((reach + step) / step)
