"""diffusers' pipeline, loaded from any layout.

diffusers' own layout is loaded by diffusers. For ACE-Step's own, each module is made without memory and
then given the tensors as they lie in the file, by their other names: nothing is written, and nothing is
held twice.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from audiomusic.engines.acestep.folder import FolderFacts
from audiomusic.engines.acestep.layouts import official
from audiomusic.engines.acestep.layouts.heads import Shapes, WeightsError, folder_shapes, tensor_shapes
from audiomusic.engines.acestep.layouts.keys import Part, names_by_part


def load_pipe(facts: FolderFacts, dtype: torch.dtype) -> Any:
    """The pipeline of a folder, on the processor. Raises WeightsError."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is ever fetched behind the user's back
    from diffusers.utils.logging import disable_progress_bar

    disable_progress_bar()
    load = _official_pipe if facts.layout == "official" else _diffusers_pipe
    try:
        pipe = load(facts, dtype)
    except (OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
        lines = str(error).strip().splitlines()
        raise WeightsError(
            f"{facts.path} cannot be loaded: {lines[0] if lines else type(error).__name__}"
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _diffusers_pipe(facts: FolderFacts, dtype: torch.dtype) -> Any:
    from diffusers import AceStepPipeline

    loader: Any = AceStepPipeline  # untyped
    return loader.from_pretrained(str(facts.path), local_files_only=True, use_safetensors=True, dtype=dtype)


def _official_pipe(facts: FolderFacts, dtype: torch.dtype) -> Any:
    from diffusers import AceStepPipeline, AutoencoderOobleck, FlowMatchEulerDiscreteScheduler
    from transformers import AutoTokenizer, Qwen3Model

    found = official.find_parts(facts.path)
    pipeline: Any = AceStepPipeline  # the libraries' loaders are untyped, or typed too narrowly
    vae: Any = AutoencoderOobleck
    text_encoder: Any = Qwen3Model
    tokenizer: Any = AutoTokenizer
    scheduler: Any = FlowMatchEulerDiscreteScheduler
    here: dict[str, Any] = {"local_files_only": True}
    safe = here | {"use_safetensors": True, "dtype": dtype}
    return pipeline(
        vae=vae.from_pretrained(str(found.vae), **safe),
        text_encoder=text_encoder.from_pretrained(str(found.text_encoder), **safe),
        tokenizer=tokenizer.from_pretrained(str(found.text_encoder), trust_remote_code=False, **here),
        scheduler=scheduler(num_train_timesteps=1, shift=1.0),
        **_modules(found, dtype),
    )


def _modules(found: official.OfficialModel, dtype: torch.dtype) -> dict[str, Any]:
    """The parts that lie together in ACE-Step's own files."""
    shapes = folder_shapes(found.path)
    configs = official.configs_of(found.path, shapes)
    modules: dict[str, Any] = {}
    for part, names in names_by_part(shapes).items():
        tensors = _tensors(found.path, names, dtype)
        if part == "condition_encoder":
            tensors["silence_latent"] = _silence(found.silence, dtype)
        modules[part] = _module(part, configs[part], tensors)
    return modules


def _classes() -> dict[Part, Any]:
    from diffusers import AceStepTransformer1DModel
    from diffusers.pipelines.ace_step import (
        AceStepAudioTokenDetokenizer,
        AceStepAudioTokenizer,
        AceStepConditionEncoder,
    )

    return {
        "transformer": AceStepTransformer1DModel,
        "condition_encoder": AceStepConditionEncoder,
        "audio_tokenizer": AceStepAudioTokenizer,
        "audio_token_detokenizer": AceStepAudioTokenDetokenizer,
    }


def _module(part: Part, config: Mapping[str, Any], tensors: dict[str, torch.Tensor]) -> Any:
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):  # buffers that are in no file are computed
        module = _classes()[part](**config)
    missing = sorted(module.state_dict().keys() - tensors.keys())
    if missing:
        raise WeightsError(
            f"The weights lack {len(missing)} tensors of the {part.replace('_', ' ')}, the first "
            f"{missing[0]}. Fetch them again."
        )
    module.load_state_dict(tensors, strict=False, assign=True)
    return module.eval()


def _tensors(path: Path, names: Mapping[str, str], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The module's names -> the tensors, read where they lie: pages of the file until they are changed."""
    from safetensors import safe_open

    found: dict[str, torch.Tensor] = {}
    for file in sorted(path.glob("*.safetensors")):
        here: Shapes = tensor_shapes(file)
        with safe_open(file, framework="pt") as tensors:
            found |= {there: tensors.get_tensor(own).to(dtype) for there, own in names.items() if own in here}
    return found


def _silence(file: Path, dtype: torch.dtype) -> torch.Tensor:
    """The only file that is no safetensors. torch's restricted reader takes tensors from it and runs
    nothing. ACE-Step keeps it as [1, channels, frames]."""
    try:
        silence = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError:  # torch's own text advises to read it without this limit
        raise WeightsError(f"{file} holds more than tensors, and is not read. Fetch it again.") from None
    if not isinstance(silence, torch.Tensor) or silence.ndim != 3:
        raise WeightsError(f"{file} holds no tensor of three dimensions. Fetch it again.")
    return silence.transpose(1, 2).to(dtype).contiguous()
