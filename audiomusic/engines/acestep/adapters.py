"""Applies LoRA, DoRA and LoKr adapters to the transformer: one or several, each at its requested weight."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from audiomusic.engines.acestep.adapter_file import read_adapter
from audiomusic.engines.base import AdapterWeights, EngineError

log = logging.getLogger(__name__)

# With 8-bit weights, peft warns about merging an adapter into the weights, which is never done here.
warnings.filterwarnings("ignore", "TorchaoLoraLinear was instantiated without", UserWarning)


class AdapterRack:
    """The adapters that are loaded into the transformer. With none loaded, the model is unchanged."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self.mounted: tuple[AdapterWeights, ...] = ()

    def use(self, *adapters: AdapterWeights) -> None:
        """Apply these adapters together, each at its weight; with none, restore the original model. Raises
        EngineError if one cannot be loaded."""
        files = [(adapter.name, adapter.folder, adapter.alpha, adapter.rank) for adapter in adapters]
        if files != [(each.name, each.folder, each.alpha, each.rank) for each in self.mounted]:
            self._unmount()
            for adapter in adapters:
                self._mount(adapter)
        if adapters:
            self.pipe.set_adapters([_slot(each) for each in adapters], [each.weight for each in adapters])

    def _mount(self, adapter: AdapterWeights) -> None:
        transformer = self.pipe.transformer
        try:
            weights = read_adapter(adapter, (name for name, _ in transformer.named_modules()))
            self.pipe.load_lora_into_transformer(
                {f"transformer.{name}": tensor for name, tensor in weights.items()},
                transformer=transformer, adapter_name=_slot(adapter), _pipeline=self.pipe,
                low_cpu_mem_usage=True,
            )  # fmt: skip
        except Exception as error:  # peft and the loader raise many types
            self._unmount()
            log.error("The adapter %r in %s cannot be loaded: %s", adapter.name, adapter.folder, error)
            message = f"The adapter {adapter.name!r} cannot be loaded; the server's log says why."
            raise EngineError(message, "adapter_unusable") from error
        self.mounted += (adapter,)

    def _unmount(self) -> None:
        self.mounted = ()
        self.pipe.unload_lora_weights()


def _slot(adapter: AdapterWeights) -> str:
    """Return the adapter's name in a form that is safe in module names, where dots and spaces have a
    meaning."""
    return "adapter_" + "".join(char if char.isalnum() else "_" for char in adapter.name)
