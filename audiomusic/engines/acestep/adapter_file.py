"""Reads an adapter file into tensors with the transformer's names, with its strength folded in.

Trainers store the same low-rank update of a layer in several ways: peft's `lora_A`/`lora_B` with alpha in
`adapter_config.json` or in the file's header, kohya's `lora_down`/`lora_up` each with its own `.alpha`, and
LyCORIS' Kronecker factors (`lokr_w1`, `lokr_w2`) under flattened names. diffusers' loader applies alpha for
some of these and ignores it for others. This module converts all of them to one form: the update at the
strength it was trained at, which the loader then applies at weight 1.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from audiomusic.engines.acestep.layouts.keys import WORDS
from audiomusic.engines.base import AdapterWeights

Weights = dict[str, Tensor]

#: The defaults of ACE-Step's trainer, for a folder without a configuration.
USUAL_ALPHA, USUAL_RANK = 16.0, 8
HEADER = "lora_adapter_metadata"  # where diffusers' trainers put the configuration
#: Prefixes that trainers put before a layer's name.
STARTS = ("base_model.model.", "base_model.", "transformer.", "diffusion_model.", "model.", "decoder.")
FLAT_STARTS = ("lora_unet_", "lora_transformer_", "lycoris_")  # after these, dots are underscores
KOHYA = {".lora_down.": ".lora_A.", ".lora_up.": ".lora_B."}
#: Part of a tensor's name -> why such an adapter is not supported.
REFUSED = {
    "dora_scale": "it is a DoRA of LyCORIS",
    ".hada_": "it is a LoHa; LoRA, DoRA (peft) and LoKr can be played",
    ".oft_": "it is an OFT; LoRA, DoRA (peft) and LoKr can be played",
    ".lokr_t2": "it is a LoKr of convolutions",
}
_TENSOR = re.compile(r"\.(?:lora_(?:A|B|magnitude_vector)|lokr_w[12](?:_[ab])?)(?:\.|$)")


def weights_file(folder: str) -> str:
    """Return the name of the only safetensors file in `folder`. Raises ValueError."""
    files = sorted(file.name for file in Path(folder).glob("*.safetensors"))
    if len(files) != 1:
        raise ValueError(f"it has {len(files)} .safetensors files; expected one")
    return files[0]


def read_adapter(adapter: AdapterWeights, layers: Iterable[str]) -> Weights:
    """Return the adapter's tensors as `layer.lora_A.weight` …, at the strength it was trained at.

    `layers`: the transformer's layers. Raises ValueError with the reason, and whatever safetensors raises.
    """
    tensors, header = _load(Path(adapter.folder) / weights_file(adapter.folder))
    for part, problem in REFUSED.items():
        if any(part in name for name in tensors):
            raise ValueError(problem)
    known = frozenset(layers)
    dotted = {layer.replace(".", "_"): layer for layer in known}
    named = {_name(name, dotted): tensor for name, tensor in tensors.items()}
    alphas = {name.removesuffix(".alpha"): float(value) for name, value in named.items() if _is_alpha(name)}
    weights = {name: tensor for name, tensor in named.items() if _TENSOR.search(name)}
    if not weights or not {_layer(name) for name in weights} <= known:
        raise ValueError("it has no weights for this transformer")
    strength = _Strength(adapter, alphas, _config(Path(adapter.folder), header))
    return _folded(weights, strength)


@dataclass(frozen=True)
class _Strength:
    """The factor for a layer's update. The first source that defines it wins: the registry, the layer's own
    alpha, the file's header, the folder's configuration, the trainer's default."""

    adapter: AdapterWeights
    alphas: Mapping[str, float]  # layer -> its own alpha, if it has one
    config: Mapping[str, Any] = field(default_factory=dict)

    def lora(self, layer: str, rank: int) -> float:
        if self.adapter.alpha is None and layer in self.alphas:
            return self._scale(self.alphas[layer], rank)
        is_known = self.config or self.adapter.alpha is not None
        alpha = self._alpha(layer, "lora_alpha", USUAL_ALPHA)
        return self._scale(alpha, self.adapter.rank or (rank if is_known else USUAL_RANK))

    def lokr(self, layer: str, rank: int | None) -> float:
        """Return the factor for a LoKr layer. `rank` None: neither factor is itself a product. LyCORIS then
        ignores alpha; peft does not."""
        if self.adapter.alpha is not None:
            return self.adapter.alpha / (self.adapter.rank or rank or 1)
        if layer in self.alphas:
            return self.alphas[layer] / rank if rank else 1.0
        if "alpha" not in self.config:
            return 1.0
        return self._alpha(layer, "alpha", 1.0) / self._pattern("rank_pattern", layer, self.config["r"])

    def _scale(self, alpha: float, rank: float) -> float:
        return alpha / math.sqrt(rank) if self.config.get("use_rslora") else alpha / rank

    def _alpha(self, layer: str, name: str, usual: float) -> float:
        if self.adapter.alpha is not None:
            return self.adapter.alpha
        return self._pattern("alpha_pattern", layer, self.config.get(name, usual))

    def _pattern(self, table: str, layer: str, otherwise: float) -> float:
        """Look the layer up in peft's table, whose keys are suffixes of layer names, or patterns for them."""
        rows: Mapping[str, float] = self.config.get(table) or {}
        for pattern, value in rows.items():
            matches = re.compile(rf"(?:.*\.)?(?:{pattern})$").match
            if matches(layer) or matches(_original(layer)):
                return float(value)
        return float(otherwise)


def _load(path: Path) -> tuple[Weights, dict[str, Any]]:
    with safe_open(path, framework="pt", device="cpu") as file:
        header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    return tensors, {name.removeprefix("transformer."): value for name, value in header.items()}


def _config(folder: Path, header: dict[str, Any]) -> dict[str, Any]:
    if header:
        return header
    try:
        found = json.loads((folder / "adapter_config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(name: str, dotted: Mapping[str, str]) -> str:
    """Map a tensor's name to the transformer's layer: "layers.0.self_attn.to_q.lora_A.weight"."""
    for start in FLAT_STARTS:
        if name.startswith(start):
            layer, _, rest = name.removeprefix(start).partition(".")
            return f"{_unflattened(layer, dotted)}.{_peft(rest)}"
    for start in STARTS:
        name = name.removeprefix(start)
    return _renamed(_peft(f".{name}")[1:])


def _unflattened(layer: str, dotted: Mapping[str, str]) -> str:
    """Return the layer whose name, with underscores for dots, is `layer`."""
    flat = layer.removeprefix("decoder_")
    for word, other in WORDS.items():
        flat = re.sub(re.escape(word.replace(".", "_")[:-1]) + "$", other.replace(".", "_")[:-1], flat)
    return dotted.get(flat, layer)


def _peft(rest: str) -> str:
    rest = f".{rest}".replace(".default.", ".")
    for word, other in KOHYA.items():
        rest = rest.replace(word, other)
    return rest[1:]


def _renamed(name: str) -> str:
    for word, other in WORDS.items():
        name = name.replace(word, other)
    return name


def _original(layer: str) -> str:
    """Return ACE-Step's own name for the layer, which its trainer uses."""
    name = f"{layer}."
    for word, other in WORDS.items():
        name = name.replace(other, word)
    return name[:-1]


def _is_alpha(name: str) -> bool:
    return name.endswith(".alpha")


def _layer(name: str) -> str:
    found = _TENSOR.search(name)
    assert found is not None
    return name[: found.start()]


def _folded(weights: Weights, strength: _Strength) -> Weights:
    """Return the tensors with each layer's strength multiplied into one of its factors."""
    folded = dict(weights)
    for layer in sorted({_layer(name) for name in weights}):
        up = f"{layer}.lora_B.weight"
        if up in weights:
            scale, name = strength.lora(layer, weights[up].shape[1]), up
        else:
            ranks = [weights[f"{layer}.{end}"].shape[0] for end in ("lokr_w1_b", "lokr_w2_b")
                     if f"{layer}.{end}" in weights]  # fmt: skip
            scale = strength.lokr(layer, ranks[-1] if ranks else None)
            name = next(f"{layer}.{end}" for end in ("lokr_w1", "lokr_w1_a") if f"{layer}.{end}" in weights)
        folded[name] = (weights[name].float() * scale).to(weights[name].dtype)
        if (bias := f"{layer}.lora_B.bias") in weights:
            folded[bias] = (weights[bias].float() * scale).to(weights[bias].dtype)
    return folded
