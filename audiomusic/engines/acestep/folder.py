"""A folder of weights as it lies on the disk: what it holds and what is wrong with it.

Reads small JSON files and the heads of safetensors files, and imports nothing heavy, so that the
web process, the system check and `manage.py models` may all ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from audiomusic.engines.acestep.variants import Variant, find_lyric_heads, find_variant

INDEX = "model_index.json"
PIPELINE = "AceStepPipeline"
PLANNER_TYPE = "qwen3"
PACKAGES = ("diffusers", "transformers", "safetensors", "peft")
LEAST_VOCABULARY = 100  # a folder without its vocabulary loads as a tokenizer of one token
READ_VOCABULARY_BYTES = 1_000_000  # the real file has 11 MB
LONGEST_HEAD_BYTES = 100_000_000  # of a safetensors file, as its own library limits it

#: What each part of the model may be. A folder that names another class is not loaded.
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
WEIGHTLESS = {"tokenizer": ("tokenizer.json", "vocab.json"), "scheduler": ("scheduler_config.json",)}
SILENCE = "silence_latent"


class WeightsError(Exception):
    """A folder that cannot be loaded; the text tells a person what to do about it."""


@dataclass(frozen=True)
class FolderFacts:
    """What a sound folder holds."""

    path: Path
    variant: Variant
    byte_count: int
    has_audio_tokens: bool  # needed for covers and for a planner's audio codes
    lyric_heads: Mapping[int, tuple[int, ...]]  # layer -> heads that follow the lyrics; empty: unknown


def missing_packages() -> list[str]:
    """Those of the engine's own packages that are not installed. Imports none of them."""
    return [name for name in PACKAGES if find_spec(name) is None]


def has_weights(folder: str) -> bool:
    """Whether `folder` claims to hold an ACE-Step model and what would run it is installed: quick
    enough to ask for every request. `folder_problems` tells whether the claim is true."""
    if not folder or missing_packages():
        return False
    try:
        index = json.loads((Path(folder).expanduser() / INDEX).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and index.get("_class_name") == PIPELINE


def read_folder(folder: str | Path) -> FolderFacts:
    """What is in `folder`. Raises WeightsError with all that is wrong, one sentence each."""
    problems = folder_problems(folder)
    if problems:
        raise WeightsError(" ".join(problems))
    path = Path(folder).expanduser()
    index = _read_json(path / INDEX)
    config = _read_json(path / "transformer" / "config.json")
    return FolderFacts(
        path=path,
        variant=find_variant(config, path.resolve().name),
        byte_count=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
        has_audio_tokens=all(_is_there(index, part) for part in OPTIONAL_PARTS),
        lyric_heads=find_lyric_heads(config),
    )


def folder_problems(folder: str | Path) -> list[str]:
    """Why `folder` cannot be loaded, one sentence a reason; nothing where it can."""
    if not str(folder):
        return ["No folder of ACE-Step weights is set: AUDIOMUSIC_ACESTEP_DIR is empty."]
    path = Path(folder).expanduser()
    if not path.is_dir():
        return [f"There is no folder {path}."]
    if not (path / INDEX).is_file():
        return [_not_a_model(path)]
    try:
        index = _read_json(path / INDEX)
    except WeightsError as error:
        return [str(error)]
    if index.get("_class_name") != PIPELINE:
        return [f"{path} holds a {index.get('_class_name')}; expected an {PIPELINE}."]
    return [sentence for part in PARTS for sentence in _part_problems(path, index, part)]


def planner_folder_problems(folder: str | Path) -> list[str]:
    """Why `folder` holds no 5 Hz language model, one sentence a reason; nothing where it seems to."""
    path = Path(folder).expanduser()
    if not path.is_dir():
        return [f"There is no folder {path} for the language model."]
    try:
        kind = _read_json(path / "config.json").get("model_type")
    except WeightsError as error:
        return [str(error)]
    told = [] if kind == PLANNER_TYPE else [f"{path} holds a {kind} model; expected a {PLANNER_TYPE} one."]
    return told + list(_weight_problems(path, "planner"))


def _not_a_model(path: Path) -> str:
    if any(path.glob("*.safetensors")) or any(path.glob("*/*.safetensors")):
        return (
            f"{path} has weights but no {INDEX}: they are in ACE-Step's original layout. Convert them with "
            "diffusers' scripts/convert_ace_step_to_diffusers.py, or fetch a folder in diffusers' layout."
        )
    return f"{path} is not a model: it has no {INDEX}."


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
    elif part in WEIGHTLESS:
        if not any((place / name).is_file() for name in WEIGHTLESS[part]):
            yield f"The {part} in {place} is empty: it has no {' and no '.join(WEIGHTLESS[part])}."
        elif part == "tokenizer":
            yield from _vocabulary_problems(place)
    elif not (place / "config.json").is_file():
        yield f"{place} has no config.json."
    else:
        yield from _config_problems(place / "config.json")
        yield from _weight_problems(place, part)


def _vocabulary_problems(place: Path) -> Iterator[str]:
    """A tokenizer of a few tokens loads without a word, and then reads nothing. A large file has more,
    and is not read: this is asked at every start."""
    file = next(path for name in WEIGHTLESS["tokenizer"] if (path := place / name).is_file())
    if file.stat().st_size > READ_VOCABULARY_BYTES:
        return
    try:
        told = _read_json(file)
    except WeightsError as error:
        yield str(error)
        return
    words = told.get("model", {}).get("vocab", {}) if file.name == "tokenizer.json" else told
    if len(words) < LEAST_VOCABULARY:
        yield f"{file} knows {len(words)} token(s): the tokenizer's vocabulary is missing. Fetch it again."


def _config_problems(path: Path) -> Iterator[str]:
    try:
        _read_json(path)
    except WeightsError as error:
        yield str(error)


def _weight_problems(place: Path, part: str) -> Iterator[str]:
    files = sorted(place.glob("*.safetensors"))
    for shards in place.glob("*.safetensors.index.json"):
        try:
            wanted = set(_read_json(shards).get("weight_map", {}).values())
        except WeightsError as error:
            yield str(error)
            continue
        for name in sorted(wanted - {file.name for file in files}):
            yield f"{place / name} is missing; {shards.name} names it."
    if not files:
        other = "; weights in other formats are not loaded" if any(place.glob("*.bin")) else ""
        yield f"{place} has no .safetensors file{other}."
    names: set[str] = set()
    for file in files:
        try:
            names |= tensor_names(file)
        except WeightsError as error:
            yield str(error)
            return
    if part == "condition_encoder" and files and SILENCE not in names:
        yield f"{place} has no {SILENCE}: without it everything would sound like a drone. Convert it anew."


def tensor_names(file: Path) -> set[str]:
    """The tensors in a safetensors file, by its head alone. Raises WeightsError where the file does
    not hold all that its head promises."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        head_bytes = int.from_bytes(stream.read(8), "little")
        if size < 8 or head_bytes > min(size - 8, LONGEST_HEAD_BYTES):
            raise WeightsError(f"{file} is cut off or is no safetensors file.")
        try:
            head = json.loads(stream.read(head_bytes))
            spans = {name: row["data_offsets"] for name, row in head.items() if name != "__metadata__"}
            wanted = 8 + head_bytes + max((stop for _, stop in spans.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WeightsError(f"{file} is damaged: its head cannot be read.") from None
    if size < wanted:
        raise WeightsError(f"{file} is cut off: it has {size:,} bytes of {wanted:,}. Fetch it again.")
    return set(spans)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(value, dict):
        raise WeightsError(f"{path} holds no JSON object.")
    return value
