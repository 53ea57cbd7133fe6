"""ACE-Step's own layout: one folder per model, with the VAE and the text encoder in folders beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiomusic.engines.acestep.layouts.beside import find_beside
from audiomusic.engines.acestep.layouts.configs import FOR_AUDIO_TOKENS, configs_of, missing_parts
from audiomusic.engines.acestep.layouts.heads import (
    WeightsError,
    folder_shapes,
    read_json,
    weight_problems,
)
from audiomusic.engines.acestep.layouts.keys import names_by_part
from audiomusic.engines.acestep.layouts.parts import (
    SILENCE_FILE,
    module_problems,
    silence_problems,
    tokenizer_problems,
)

CONFIG = "config.json"
MODEL_TYPE = "acestep"
VAE, TEXT_ENCODER = "vae", "Qwen3-Embedding-0.6B"
REPOSITORY = "ACE-Step/Ace-Step1.5"  # contains everything a model needs beside it


@dataclass(frozen=True)
class OfficialModel:
    """The locations of a model's parts."""

    path: Path
    vae: Path
    text_encoder: Path  # with its tokenizer

    @property
    def silence(self) -> Path:
        return self.path / SILENCE_FILE


def is_official(path: Path) -> bool:
    """Return whether a folder claims to be one of ACE-Step's own models."""
    try:
        return read_json(path / CONFIG).get("model_type") == MODEL_TYPE
    except WeightsError:
        return False


def model_config(path: Path) -> dict[str, Any]:
    """Return the config that identifies the variant. Raises WeightsError."""
    return read_json(path / CONFIG)


def find_parts(path: Path) -> OfficialModel:
    """Find the model in `path` with its parts in it, beside it, or in the same cache. Raises WeightsError if
    one is missing."""
    vae, text_encoder = find_beside(path, VAE), find_beside(path, TEXT_ENCODER)
    if vae is None or text_encoder is None:
        raise WeightsError(" ".join(_missing_companions(path)))
    return OfficialModel(path, vae, text_encoder)


def has_audio_tokens(path: Path) -> bool:
    """Return whether the weights include the parts for audio codes. Raises WeightsError."""
    return all(part in names_by_part(folder_shapes(path)) for part in FOR_AUDIO_TOKENS)


def official_problems(path: Path) -> list[str]:
    """Return the reasons why a folder with this layout cannot be loaded, one sentence each."""
    problems = [*weight_problems(path), *_silence_problems(path), *_missing_companions(path)]
    for name, problems_of in (
        (VAE, (module_problems,)),
        (TEXT_ENCODER, (module_problems, tokenizer_problems)),
    ):
        if (place := find_beside(path, name)) is not None:
            problems += [sentence for find in problems_of for sentence in find(place)]
    return problems or list(_tensor_problems(path))


def _tensor_problems(path: Path) -> Iterator[str]:
    try:
        found = configs_of(model_config(path), folder_shapes(path))
    except WeightsError as error:
        yield f"{path}: {error}"
        return
    yield from missing_parts(path, found)


def _silence_problems(path: Path) -> Iterator[str]:
    file = path / SILENCE_FILE
    if file.is_file():
        yield from silence_problems(file)
    else:
        yield (
            f"{file} is missing: without it everything would sound like a drone. It lies beside the weights "
            "where these come from."
        )


def _missing_companions(path: Path) -> Iterator[str]:
    for name in (VAE, TEXT_ENCODER):
        if find_beside(path, name) is None:
            yield (
                f"The folder {name} is missing in {path} and beside it. "
                f"`hf download {REPOSITORY} --include '{name}/*' --local-dir {path.parent}` fetches it."
            )
