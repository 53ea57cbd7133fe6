"""The engines there are, by dotted path: imported on first use, in a worker only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from audiomusic.engines.base import Engine, Kind


@dataclass(frozen=True)
class EngineEntry:
    """One row of the table: enough to answer for an engine without importing it."""

    name: str
    label: str
    version: str
    path: str  # module:class
    kinds: tuple[Kind, ...]
    tasks: tuple[str, ...]
    needs_weights: bool
    unused_parameters: tuple[str, ...]  # contract parameters it has no use for


ENGINES: dict[str, EngineEntry] = {
    "studio": EngineEntry(
        name="studio",
        label="Studio: composed and performed by the server itself, needs no weights",
        version="1.0",
        path="audiomusic.engines.studio.engine:StudioEngine",
        kinds=("song", "instrumental", "rap", "vocals", "samples"),
        tasks=("text2music", "prompt2instrumental", "text2rap", "lyric2vocals", "text2samples", "simple"),
        needs_weights=False,
        unused_parameters=(
            "inference_steps", "guidance_scale", "shift", "infer_method", "use_adg",
            "cfg_interval_start", "cfg_interval_end", "thinking", "use_cot_metas", "use_cot_caption",
            "use_cot_language", "use_cot_lyrics", "use_constrained_decoding", "lm_temperature",
            "lm_cfg_scale", "lm_top_k", "lm_top_p", "lm_negative_prompt",
            "lora_name_or_path", "lora_weight",
        ),
    ),
}  # fmt: skip


def find_engine(name: str) -> EngineEntry:
    """The entry called `name`. Raises LookupError naming what there is."""
    try:
        return ENGINES[name]
    except KeyError:
        raise LookupError(f"no engine is called {name!r}; there are: {', '.join(ENGINES)}") from None


@cache
def load_engine(name: str) -> Engine:
    """Import and make the engine called `name`; the same object on every later call."""
    module_name, class_name = find_engine(name).path.split(":")
    engine: Engine = getattr(import_module(module_name), class_name)()
    return engine
