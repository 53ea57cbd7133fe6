"""The variants of ACE-Step 1.5 weights, and the settings each was trained for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from audiomusic.engines.base import AudioTaskName

#: Defaults of newer ACE-Step that have not been judged here on real weights; off unless switched on. dcw:
#: correct each step in the wavelet domain; mask: mark frames outside every window as open.
Trial = Literal["dcw", "mask"]
TRIALS: tuple[Trial, ...] = ("dcw", "mask")

PLAIN_TASKS: tuple[AudioTaskName, ...] = ("text2music", "cover", "repaint")
ALL_TASKS: tuple[AudioTaskName, ...] = (*PLAIN_TASKS, "extract", "lego", "complete")
XL_HIDDEN_SIZE = 2560


@dataclass(frozen=True)
class Variant:
    """One variant of the weights: its defaults and its limits."""

    name: str
    steps: int
    most_steps: int
    guidance_scale: float  # 1: guidance is distilled into the weights
    shift: float
    tasks: tuple[AudioTaskName, ...]

    @property
    def is_guided(self) -> bool:
        return self.guidance_scale > 1.0


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("turbo", 8, 20, 1.0, 3.0, PLAIN_TASKS),
        Variant("sft", 50, 200, 7.0, 1.0, PLAIN_TASKS),
        Variant("base", 50, 200, 7.0, 1.0, ALL_TASKS),
    )
}


#: The cross-attention heads that follow the lyrics, by the transformer's layers, heads and width. The 2B
#: model's are ACE-Step's own default; the larger one's are in its config.
LYRIC_HEADS: dict[tuple[int, int, int], dict[int, tuple[int, ...]]] = {
    (24, 16, 2048): {2: (6,), 3: (10, 11), 4: (3,), 5: (8, 9), 6: (8,)},
    (32, 32, 2560): {3: (18, 27), 4: (22,), 5: (5, 6, 7), 6: (2, 12, 13), 7: (20, 21)},
}


def find_lyric_heads(transformer_config: Mapping[str, Any]) -> dict[int, tuple[int, ...]]:
    """Return layer -> heads that follow the lyrics: from the config, otherwise as known for a model of this
    shape. Empty if the config makes no sense."""
    layers, heads, width = (
        int(transformer_config.get(name) or 0)
        for name in ("num_hidden_layers", "num_attention_heads", "hidden_size")
    )
    configured = transformer_config.get("lyric_alignment_layers_config")
    if configured is None:
        return LYRIC_HEADS.get((layers, heads, width), {})
    try:
        found = {int(layer): tuple(int(head) for head in row) for layer, row in configured.items()}
    except (AttributeError, TypeError, ValueError):
        return {}
    is_sane = all(0 <= layer < layers and row for layer, row in found.items())
    return found if is_sane and all(0 <= head < heads for row in found.values() for head in row) else {}


def find_variant(transformer_config: Mapping[str, Any], folder_name: str) -> Variant:
    """Return the variant that a transformer's config.json describes. Only turbo declares itself; sft and base
    have the same config and differ by `model_version` or the folder's name."""
    version = str(transformer_config.get("model_version") or "").lower()
    if transformer_config.get("is_turbo") or "turbo" in version:
        family = "turbo"
    elif "sft" in version or "sft" in folder_name.lower():
        family = "sft"
    else:
        family = "base"
    is_xl = int(transformer_config.get("hidden_size") or 0) >= XL_HIDDEN_SIZE
    variant = VARIANTS[family]
    return replace(variant, name=f"xl-{family}") if is_xl else variant


def read_trials(text: str) -> tuple[tuple[Trial, ...], list[str]]:
    """Parse a comma-separated setting into (trials, unknown words)."""
    words = {word.strip() for word in text.split(",")} - {""}
    return tuple(trial for trial in TRIALS if trial in words), sorted(words - {*TRIALS})
