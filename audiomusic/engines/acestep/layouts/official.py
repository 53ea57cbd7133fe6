"""ACE-Step's own layout: a folder a model, with the VAE and the text encoder in folders beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiomusic.engines.acestep.layouts.configs import part_config
from audiomusic.engines.acestep.layouts.heads import (
    Shapes,
    WeightsError,
    folder_shapes,
    read_json,
    weight_problems,
)
from audiomusic.engines.acestep.layouts.hub import name_of, repository_of, snapshots_in
from audiomusic.engines.acestep.layouts.keys import Part, names_by_part
from audiomusic.engines.acestep.layouts.parts import SILENCE, module_problems, tokenizer_problems

CONFIG = "config.json"
MODEL_TYPE = "acestep"
SILENCE_FILE = f"{SILENCE}.pt"
VAE, TEXT_ENCODER = "vae", "Qwen3-Embedding-0.6B"
REPOSITORY = "ACE-Step/Ace-Step1.5"  # has all that a model needs beside it
NEEDED: tuple[Part, ...] = ("transformer", "condition_encoder")
FOR_AUDIO_TOKENS: tuple[Part, ...] = ("audio_tokenizer", "audio_token_detokenizer")
ZIP_START = b"PK"  # what torch saves is a zip file


@dataclass(frozen=True)
class OfficialModel:
    """Where the parts of a model lie."""

    path: Path
    vae: Path
    text_encoder: Path  # with its tokenizer

    @property
    def silence(self) -> Path:
        return self.path / SILENCE_FILE


def is_official(path: Path) -> bool:
    """Whether a folder claims to be one of ACE-Step's own models."""
    try:
        return read_json(path / CONFIG).get("model_type") == MODEL_TYPE
    except WeightsError:
        return False


def model_config(path: Path) -> dict[str, Any]:
    """What tells the variant. Raises WeightsError."""
    return read_json(path / CONFIG)


def find_parts(path: Path) -> OfficialModel:
    """The model in `path` with the parts that lie in it, beside it, or in the same cache.
    Raises WeightsError where one is nowhere."""
    vae, text_encoder = _companion(path, VAE), _companion(path, TEXT_ENCODER)
    if vae is None or text_encoder is None:
        raise WeightsError(" ".join(_missing_companions(path)))
    return OfficialModel(path, vae, text_encoder)


def has_audio_tokens(path: Path) -> bool:
    """Whether the weights have the parts for audio codes. Raises WeightsError."""
    return all(part in names_by_part(folder_shapes(path)) for part in FOR_AUDIO_TOKENS)


def official_problems(path: Path) -> list[str]:
    """Why a folder of this layout cannot be loaded, one sentence a reason."""
    problems = [*weight_problems(path), *_silence_problems(path), *_missing_companions(path)]
    for name, problems_of in (
        (VAE, (module_problems,)),
        (TEXT_ENCODER, (module_problems, tokenizer_problems)),
    ):
        if (place := _companion(path, name)) is not None:
            problems += [sentence for find in problems_of for sentence in find(place)]
    return problems or list(_tensor_problems(path))


def configs_of(path: Path, shapes: Shapes) -> dict[Part, dict[str, Any]]:
    """Part -> what its class is made with, of the parts that the weights have. Raises WeightsError."""
    config = model_config(path)
    return {part: part_config(part, config, shapes) for part in names_by_part(shapes)}


def _tensor_problems(path: Path) -> Iterator[str]:
    try:
        shapes = folder_shapes(path)
        found = configs_of(path, shapes)
    except WeightsError as error:
        yield f"{path}: {error}"
        return
    for part in NEEDED:
        if part not in found:
            yield f"The weights in {path} have no tensor of the {part.replace('_', ' ')}. Fetch them again."


def _silence_problems(path: Path) -> Iterator[str]:
    file = path / SILENCE_FILE
    if not file.is_file():
        yield (
            f"{file} is missing: without it everything would sound like a drone. It lies beside the weights "
            "where these come from."
        )
        return
    with file.open("rb") as stream:
        if stream.read(2) != ZIP_START:
            yield f"{file} is cut off or is not what torch saves. Fetch it again."


def _missing_companions(path: Path) -> Iterator[str]:
    for name in (VAE, TEXT_ENCODER):
        if _companion(path, name) is None:
            yield (
                f"The folder {name} is missing in {path} and beside it. "
                f"`hf download {REPOSITORY} --include '{name}/*' --local-dir {path.parent}` fetches it."
            )


def _companion(path: Path, name: str) -> Path | None:
    return next((place for root in _roots(path, name) if (place := root / name).is_dir()), None) or next(
        (root for root in _roots(path, name) if _is_repository(root, name)), None
    )


def _roots(path: Path, name: str) -> Iterator[Path]:
    """Where a part may lie: in the model's folder, beside it, in another repository of the cache."""
    yield path
    yield path.parent
    if (repository := repository_of(path)) is not None:
        yield from snapshots_in(repository.parent)


def _is_repository(root: Path, name: str) -> bool:
    repository = repository_of(root)
    return repository is not None and root.parent.parent == repository and name_of(repository) == name
