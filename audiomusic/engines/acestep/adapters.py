"""LoRA adapters: one at a time on the transformer, at the strength that was asked for."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from audiomusic.engines.base import AdapterWeights, EngineError

log = logging.getLogger(__name__)

#: What ACE-Step's trainer sets where a folder does not say.
USUAL_ALPHA, USUAL_RANK = 16.0, 8


def adapter_scale(adapter: AdapterWeights) -> float:
    """alpha / rank: by the registry, else by the folder's adapter_config.json. The loader ignores
    that file, so that without this factor an adapter would play at another strength than trained."""
    config = _config(Path(adapter.folder))
    alpha = adapter.alpha if adapter.alpha is not None else config.get("lora_alpha", USUAL_ALPHA)
    rank = adapter.rank if adapter.rank is not None else config.get("r", USUAL_RANK)
    return float(alpha) / float(rank)


def weights_file(folder: str) -> str:
    """The name of the one safetensors file in `folder`. Raises ValueError."""
    files = sorted(file.name for file in Path(folder).glob("*.safetensors"))
    if len(files) != 1:
        raise ValueError(f"it has {len(files)} .safetensors files; expected one")
    return files[0]


class AdapterRack:
    """What is on the transformer now. Without an adapter it is as if there had never been one."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self.mounted: AdapterWeights | None = None

    def use(self, adapter: AdapterWeights | None, weight: float) -> None:
        """Play `adapter` at `weight`, or none. Raises EngineError where it cannot be loaded."""
        if adapter != self.mounted:
            self._unmount()
            if adapter is not None:
                self._mount(adapter)
        if adapter is not None:
            self.pipe.set_adapters([_slot(adapter)], [weight * adapter_scale(adapter)])

    def _mount(self, adapter: AdapterWeights) -> None:
        slot = _slot(adapter)
        try:
            self.pipe.load_lora_weights(
                adapter.folder, weight_name=weights_file(adapter.folder), adapter_name=slot,
                local_files_only=True, use_safetensors=True,
            )  # fmt: skip
            if slot not in self.pipe.get_list_adapters().get("transformer", []):
                raise ValueError("it has no weights for this transformer")  # and the loader kept quiet
        except Exception as error:  # peft and the loader have many of their own
            self.pipe.unload_lora_weights()
            log.error("The adapter %r in %s cannot be loaded: %s", adapter.name, adapter.folder, error)
            message = f"The adapter {adapter.name!r} cannot be loaded; the server's log says why."
            raise EngineError(message, "adapter_unusable") from error
        self.mounted = adapter

    def _unmount(self) -> None:
        if self.mounted is not None:
            self.mounted = None
            self.pipe.unload_lora_weights()


def _slot(adapter: AdapterWeights) -> str:
    """The adapter's name as part of module names, where dots and spaces mean something else."""
    return "adapter_" + "".join(char if char.isalnum() else "_" for char in adapter.name)


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "adapter_config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}
