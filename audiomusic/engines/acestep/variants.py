"""The kinds of ACE-Step 1.5 weights there are, and what each was trained to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from audiomusic.engines.base import AudioTaskName

PLAIN_TASKS: tuple[AudioTaskName, ...] = ("text2music", "cover", "repaint")
ALL_TASKS: tuple[AudioTaskName, ...] = (*PLAIN_TASKS, "extract", "lego", "complete")
XL_HIDDEN_SIZE = 2560


@dataclass(frozen=True)
class Variant:
    """One kind of weights: what it does unless asked otherwise, and where its limits are."""

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
        Variant("turbo", 8, 8, 1.0, 3.0, PLAIN_TASKS),
        Variant("sft", 50, 200, 7.0, 1.0, PLAIN_TASKS),
        Variant("base", 50, 200, 7.0, 1.0, ALL_TASKS),
    )
}


def find_variant(transformer_config: Mapping[str, Any], folder_name: str) -> Variant:
    """The variant that a transformer's config.json describes. Only turbo says so itself; sft and
    base have the same config, and are told apart by `model_version` or the folder's name."""
    told = str(transformer_config.get("model_version") or "").lower()
    if transformer_config.get("is_turbo") or "turbo" in told:
        family = "turbo"
    elif "sft" in told or "sft" in folder_name.lower():
        family = "sft"
    else:
        family = "base"
    is_xl = int(transformer_config.get("hidden_size") or 0) >= XL_HIDDEN_SIZE
    variant = VARIANTS[family]
    return replace(variant, name=f"xl-{family}") if is_xl else variant
