"""The engines there are, by dotted path: imported on first use, in a worker only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, Literal

from audiomusic.engines.base import Engine, Kind

ToolSource = Literal["own", "foreign"]  # a take that this server made; audio from elsewhere


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
    makes_batches: bool = False  # a BatchEngine
    #: What it can do to a song that exists -> to songs from where.
    tools: Mapping[str, tuple[ToolSource, ...]] = field(default_factory=dict)
    works_on: Literal["scores", "sound"] = "scores"  # what its tools read of a song; of sound, anybody's


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

#: What an engine is made with, by its name; the server's settings put it in.
_options: dict[str, dict[str, Any]] = {}
_loaded: dict[str, Engine] = {}


def configure_engine(name: str, **options: Any) -> None:
    """Say what the engine called `name` is to be made with, before it is loaded."""
    find_engine(name)
    _options[name] = options


def find_engine(name: str) -> EngineEntry:
    """The entry called `name`. Raises LookupError naming what there is."""
    try:
        return ENGINES[name]
    except KeyError:
        raise LookupError(f"no engine is called {name!r}; there are: {', '.join(ENGINES)}") from None


def composing_engines(tool: str, source: ToolSource) -> list[str]:
    """The names of those that do this to the scores of songs from there."""
    return [
        name
        for name, entry in ENGINES.items()
        if entry.works_on == "scores" and source in entry.tools.get(tool, ())
    ]


@cache
def load_engine(name: str) -> Engine:
    """Import and make the engine called `name`; the same object on every later call."""
    engine: Engine = make_engine(name)
    _loaded[name] = engine
    return engine


def is_loaded(name: str) -> bool:
    """Whether this process has made the engine already, so that a song needs not wait for it."""
    return name in _loaded


def make_engine(name: str, **options: Any) -> Any:
    """A new engine of its own, as configured but for `options`."""
    module_name, class_name = find_engine(name).path.split(":")
    return getattr(import_module(module_name), class_name)(**_options.get(name, {}) | options)


def engine_facts() -> dict[str, dict[str, Any]]:
    """What each engine that this process has made tells of itself; imports and loads nothing, so it
    may be asked beside a song. Each has at least `device`."""
    return {name: {"device": "cpu", **getattr(engine, "facts", dict)()} for name, engine in _loaded.items()}
