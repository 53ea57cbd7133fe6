"""Inspects weights on disk, in a folder or a single file: what they are and what is wrong with them.

Reads only small JSON files and the headers of safetensors files and imports nothing heavy, so that the web
process, the system check and `manage.py models` can use it. `layouts` knows how each layout is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Literal

from audiomusic.engines.acestep.layouts import comfyui, diffusers, official
from audiomusic.engines.acestep.layouts.detect import Layout, Place, find_place, places_in
from audiomusic.engines.acestep.layouts.heads import (
    Shapes,
    WeightsError,
    folder_shapes,
    read_json,
    weight_problems,
)
from audiomusic.engines.acestep.variants import Variant, find_lyric_heads
from audiomusic.engines.base import AudioTaskName

__all__ = ["FolderFacts", "WeightsError"]

PLANNER_TYPE = "qwen3"
PLANNER_PREFIX = "acestep-5Hz-lm-"  # prefix of ACE-Step's planner folders
PACKAGES = ("diffusers", "transformers", "safetensors", "peft")

#: Whether to quantize weights to 8 bits. auto: only if the plain weights fit on the card in no placement.
Quantization = Literal["auto", "none", "int8"]
QUANTIZATIONS: tuple[Quantization, ...] = ("auto", "none", "int8")
QUANTIZER = "torchao"
#: Each int8 row also has a float32 scale, and a zero point, which torchao keeps at zero.
INT8_ROW_BYTES = 4 + 1
BLOCKS = "layers"  # the attribute that holds a part's list of blocks


@dataclass(frozen=True)
class FolderFacts:
    """The contents of a usable folder."""

    path: Path  # of the model itself, which may be a subfolder of the given one
    name: str
    layout: Layout
    variant: Variant
    byte_count: int
    has_audio_tokens: bool  # needed for covers and for a planner's audio codes
    lyric_heads: Mapping[int, tuple[int, ...]]  # layer -> heads that follow the lyrics; empty if unknown
    notes: tuple[str, ...] = ()  # assumptions made, one sentence each


def weight_bytes(folder: str | Path) -> int:
    """Return the total size of the safetensors files in a folder."""
    return sum(file.stat().st_size for file in Path(folder).glob("*.safetensors"))


def planner_bytes(folder: str | Path, *, in_int8: bool = False) -> int:
    """Return the size of a language model; with `in_int8`, with the linear layers of its blocks in 8 bits."""
    if not folder:
        return 0
    size = weight_bytes(folder)
    return size - _saved_bytes(folder_shapes(Path(folder)), size) if in_int8 else size


def _saved_bytes(shapes: Shapes, size: int) -> int:
    value_bytes = round(size / max(1, sum(map(prod, shapes.values()))))
    linear = [shape for name, shape in shapes.items() if BLOCKS in name.split(".") and len(shape) == 2]
    return sum(rows * (columns * (value_bytes - 1) - INT8_ROW_BYTES) for rows, columns in linear)


def has_quantizer() -> bool:
    """Return whether 8-bit weights are available, i.e. torchao is installed. Does not import it."""
    return find_spec(QUANTIZER) is not None


def quantization_problems(choice: str) -> list[str]:
    """Return the reasons why requested 8-bit weights are unavailable, one sentence each."""
    if choice == "int8" and not has_quantizer():
        return [
            f"AUDIOMUSIC_ACESTEP_QUANTIZATION=int8 needs {QUANTIZER}, which is not installed: run "
            "`make acestep`, or set it to none."
        ]
    return []


def missing_packages() -> list[str]:
    """Return the engine's packages that are not installed, without importing any."""
    return [name for name in PACKAGES if find_spec(name) is None]


def has_weights(folder: str, variant: str = "") -> bool:
    """Return whether `folder` claims to hold an ACE-Step model and the packages to run it are installed.
    Cheap enough to call for every request. `folder_problems` checks whether the claim holds."""
    if not folder or missing_packages():
        return False
    try:
        place = find_place(folder, variant)
    except (OSError, WeightsError):
        return False
    return place.layout != "diffusers" or diffusers.is_acestep(place.path)


def tasks_in(folder: str, variant: str = "") -> tuple[AudioTaskName, ...]:
    """Return the tasks that the model in `folder` supports, judged by its config alone; empty without a
    model."""
    if not has_weights(folder, variant):
        return ()
    try:
        return find_place(folder, variant).variant.tasks
    except (OSError, WeightsError):
        return ()


def read_folder(folder: str | Path, variant: str = "") -> FolderFacts:
    """Describe the model in `folder`; of several models, the one that `variant` names. Raises WeightsError
    with every problem, one sentence each."""
    problems = folder_problems(folder, variant)
    if problems:
        raise WeightsError(" ".join(problems))
    place = find_place(folder, variant)
    is_file = place.layout in comfyui.LAYOUTS
    layout = comfyui if is_file else official if place.layout == "official" else diffusers
    return FolderFacts(
        path=place.path,
        name=place.name,
        layout=place.layout,
        variant=place.variant,
        byte_count=_byte_count(place),
        has_audio_tokens=layout.has_audio_tokens(place.path),
        lyric_heads=find_lyric_heads(place.config),
        notes=tuple(comfyui.notes_on(place.path, is_named=bool(variant.strip()))) if is_file else (),
    )


def folder_problems(folder: str | Path, variant: str = "") -> list[str]:
    """Return the reasons why `folder` cannot be loaded, one sentence each; empty if it can."""
    if not str(folder):
        return ["No folder of ACE-Step weights is set: AUDIOMUSIC_ACESTEP_DIR is empty."]
    try:
        place = find_place(folder, variant)
        if place.layout == "official":
            return official.official_problems(place.path)
        if place.layout == "diffusers":
            return diffusers.diffusers_problems(place.path)
        return comfyui.comfyui_problems(place.path)
    except WeightsError as error:
        return [str(error)]
    except OSError as error:
        return [f"{error.filename} cannot be read: {error.strerror}."]


def other_variants(folder: str | Path, facts: FolderFacts) -> list[str]:
    """Return the names of the other models in a folder that holds several."""
    path = Path(folder).expanduser()
    places = places_in(path) if path.is_dir() else []
    return sorted({place.name for place in places if place.path != facts.path})


def planners_beside(facts: FolderFacts) -> list[Path]:
    """Return the folders of 5 Hz language models that were shipped with the model."""
    return sorted(path for path in facts.path.parent.glob(f"{PLANNER_PREFIX}*") if path.is_dir())


def planner_folder_problems(folder: str | Path) -> list[str]:
    """Return the reasons why `folder` holds no 5 Hz language model, one sentence each; empty if it seems to
    hold one."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        return [f"There is no folder {path} for the language model."]
    try:
        kind = read_json(path / "config.json").get("model_type")
    except WeightsError as error:
        return [str(error)]
    other_kind = f"{path} holds a {kind} model; expected a {PLANNER_TYPE} one."
    return ([] if kind == PLANNER_TYPE else [other_kind]) + list(weight_problems(path))


def _byte_count(place: Place) -> int:
    if place.layout in comfyui.LAYOUTS:
        return comfyui.used_bytes(place.path)
    return sum(file.stat().st_size for file in _files(place))


def _files(place: Place) -> Iterator[Path]:
    """Iterate over all files of a model, each once."""
    roots = {place.path}
    if place.layout == "official":
        parts = official.find_parts(place.path)
        roots |= {parts.vae, parts.text_encoder}
    return iter({file for root in roots for file in root.rglob("*") if file.is_file()})
