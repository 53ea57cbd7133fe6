"""The available engines, by dotted path: imported on first use, and only in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Literal

from audiomusic.engines.base import Engine, Kind

ToolSource = Literal["own", "foreign"]  # a take that this server made; audio from outside


@dataclass(frozen=True)
class EngineEntry:
    """One row of the table: everything the web needs to know about an engine without importing it."""

    name: str
    label: str
    version: str
    path: str  # module:class
    kinds: tuple[Kind, ...]
    tasks: tuple[str, ...]
    needs_weights: bool
    unused_parameters: tuple[str, ...]  # API parameters that it ignores
    makes_batches: bool = False  # a BatchEngine
    #: Operation on an existing song -> the sources it supports.
    tools: Mapping[str, tuple[ToolSource, ...]] = field(default_factory=dict)
    works_on: Literal["scores", "sound"] = "scores"  # what its tools work on; audio can come from anywhere


ENGINES: dict[str, EngineEntry] = {
    "studio": EngineEntry(
        name="studio",
        label="Studio: composed and performed by the server itself, needs no weights",
        version="2.1",
        path="audiomusic.engines.studio.engine:StudioEngine",
        kinds=("song", "instrumental", "rap", "vocals", "samples"),
        tasks=(
            "text2music", "prompt2instrumental", "text2rap", "lyric2vocals", "text2samples", "simple",
            "plan", "score_song",
        ),
        needs_weights=False,
        unused_parameters=(
            "inference_steps", "guidance_scale", "shift", "infer_method", "use_adg",
            "cfg_interval_start", "cfg_interval_end", "thinking", "use_cot_metas", "use_cot_caption",
            "use_cot_language", "use_cot_lyrics", "use_constrained_decoding", "lm_temperature",
            "lm_cfg_scale", "lm_top_k", "lm_top_p", "lm_negative_prompt",
            "lora_name_or_path", "lora_weight",
        ),
        tools={
            **dict.fromkeys(("extract", "cover", "reference"), ("own", "foreign")),
            "retake": ("own",),
            **dict.fromkeys(("repaint", "extend"), ("own", "foreign")),
            "edit": ("own",),
        },
    ),
    "acestep": EngineEntry(
        name="acestep",
        label="ACE-Step 1.5: a diffusion model on your own weights",
        version="1.5",
        path="audiomusic.engines.acestep.engine:AceStepEngine",
        kinds=("song", "instrumental", "rap", "vocals"),
        tasks=("text2music", "prompt2instrumental", "text2rap", "lyric2vocals", "simple"),
        needs_weights=True,
        unused_parameters=(),
        makes_batches=True,
        tools={
            **dict.fromkeys(("extract", "cover", "reference", "repaint", "extend"), ("own", "foreign")),
            "retake": ("own",),
        },
        works_on="sound",
    ),
}  # fmt: skip

#: The options of each engine, by its name, from the server's settings.
_options: dict[str, dict[str, Any]] = {}
_loaded: dict[str, Engine] = {}


def configure_engine(name: str, **options: Any) -> None:
    """Set the options of the engine called `name` before it is loaded."""
    find_engine(name)
    _options[name] = options


def find_engine(name: str) -> EngineEntry:
    """Return the entry called `name`. Raises LookupError that lists the existing names."""
    try:
        return ENGINES[name]
    except KeyError:
        raise LookupError(f"no engine is called {name!r}; there are: {', '.join(ENGINES)}") from None


def composing_engines(tool: str, source: ToolSource) -> list[str]:
    """Return the names of the engines that support this operation on the scores of songs from this source."""
    return [
        name
        for name, entry in ENGINES.items()
        if entry.works_on == "scores" and source in entry.tools.get(tool, ())
    ]


@cache
def load_engine(name: str) -> Engine:
    """Import and create the engine called `name`; later calls return the same object."""
    engine: Engine = make_engine(name)
    _loaded[name] = engine
    return engine


def is_loaded(name: str) -> bool:
    """Return whether this process has already created the engine, so that a song does not have to wait for
    it."""
    return name in _loaded


def make_engine(name: str, **options: Any) -> Any:
    """Create a new engine, configured as usual except for `options`."""
    module_name, class_name = find_engine(name).path.split(":")
    return getattr(import_module(module_name), class_name)(**_options.get(name, {}) | options)


def engine_facts() -> dict[str, dict[str, Any]]:
    """Return facts about each engine that this process has created, each with at least `device`. Imports and
    loads nothing, so it can be called while a song is made."""
    return {name: {"device": "cpu", **getattr(engine, "facts", dict)()} for name, engine in _loaded.items()}
