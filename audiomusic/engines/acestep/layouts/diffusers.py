"""diffusers' layout: a model_index.json that names a class for each part, and one folder per part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audiomusic.engines.acestep.layouts.heads import WeightsError, folder_shapes, read_json
from audiomusic.engines.acestep.layouts.parts import SILENCE, module_problems, tokenizer_problems

INDEX = "model_index.json"
PIPELINE = "AceStepPipeline"

#: The allowed classes of each part. A folder that names another class is not loaded.
PARTS: dict[str, tuple[str, ...]] = {
    "transformer": ("AceStepTransformer1DModel",),
    "vae": ("AutoencoderOobleck",),
    "text_encoder": ("Qwen3Model",),
    "tokenizer": ("Qwen2Tokenizer", "Qwen2TokenizerFast", "PreTrainedTokenizerFast"),
    "condition_encoder": ("AceStepConditionEncoder",),
    "scheduler": ("FlowMatchEulerDiscreteScheduler",),
    "audio_tokenizer": ("AceStepAudioTokenizer",),
    "audio_token_detokenizer": ("AceStepAudioTokenDetokenizer",),
}
OPTIONAL_PARTS = ("audio_tokenizer", "audio_token_detokenizer")
SCHEDULER_CONFIG = "scheduler_config.json"


def is_diffusers(path: Path) -> bool:
    """Return whether a folder claims to have this layout, whatever the model."""
    return (path / INDEX).is_file()


def is_acestep(path: Path) -> bool:
    """Return whether a folder with this layout claims to be an ACE-Step model."""
    try:
        return is_diffusers(path) and read_json(path / INDEX).get("_class_name") == PIPELINE
    except WeightsError:
        return False


def transformer_config(path: Path) -> dict[str, Any]:
    """Return the config that identifies the variant. Raises WeightsError."""
    return read_json(path / "transformer" / "config.json")


def has_audio_tokens(path: Path) -> bool:
    """Return whether the parts for audio codes are present. Raises WeightsError."""
    index = read_json(path / INDEX)
    return all(_is_there(index, part) for part in OPTIONAL_PARTS)


def diffusers_problems(path: Path) -> list[str]:
    """Return the reasons why a folder with this layout cannot be loaded, one sentence each."""
    try:
        index = read_json(path / INDEX)
    except WeightsError as error:
        return [str(error)]
    if index.get("_class_name") != PIPELINE:
        return [f"{path} holds a {index.get('_class_name')}; expected an {PIPELINE}."]
    return [sentence for part in PARTS for sentence in _part_problems(path, index, part)]


def _is_there(index: dict[str, Any], part: str) -> bool:
    entry = index.get(part)
    return isinstance(entry, list) and len(entry) == 2 and entry[1] is not None


def _part_problems(path: Path, index: dict[str, Any], part: str) -> Iterator[str]:
    if not _is_there(index, part):
        if part not in OPTIONAL_PARTS:
            yield f"{path / INDEX} names no {part}."
        return
    class_name, place = index[part][1], path / part
    if class_name not in PARTS[part]:
        yield f"{path / INDEX} names {class_name} as the {part}; expected {' or '.join(PARTS[part])}."
    elif not place.is_dir():
        yield f"The folder {place} is missing."
    elif part == "tokenizer":
        yield from tokenizer_problems(place)
    elif part == "scheduler":
        if not (place / SCHEDULER_CONFIG).is_file():
            yield f"The scheduler in {place} is empty: it has no {SCHEDULER_CONFIG}."
    else:
        problems = list(module_problems(place))
        yield from problems
        if part == "condition_encoder" and not problems and SILENCE not in folder_shapes(place):
            yield f"{place} has no {SILENCE}: without it everything would sound like a drone. Fetch it again."
