"""Loads diffusers' pipeline from any layout.

diffusers loads its own layout. For ACE-Step's and ComfyUI's layouts, each module is created on the meta
device and then given the file's tensors under their diffusers names, so nothing is written to disk and
nothing is held twice.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from audiomusic.engines.acestep.folder import FolderFacts
from audiomusic.engines.acestep.layouts import comfyui, official
from audiomusic.engines.acestep.layouts.configs import configs_of, text_encoder_config
from audiomusic.engines.acestep.layouts.detect import Layout
from audiomusic.engines.acestep.layouts.heads import Shapes, WeightsError, folder_shapes, tensor_shapes
from audiomusic.engines.acestep.layouts.keys import Part, names_by_part
from audiomusic.engines.acestep.layouts.oobleck import vae_config, vae_names
from audiomusic.engines.acestep.network.silence import read_silence, silence_of

log = logging.getLogger(__name__)


def load_pipe(facts: FolderFacts, dtype: torch.dtype) -> Any:
    """Load the pipeline from a folder onto the CPU. Raises WeightsError."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # never download anything without the user's knowledge
    from diffusers.utils.logging import disable_progress_bar

    disable_progress_bar()
    for note in facts.notes:
        log.info(note)
    try:
        pipe = _LOADERS[facts.layout](facts, dtype)
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
    """Load the parts that ACE-Step stores together in its own files."""
    shapes = folder_shapes(found.path)
    configs = configs_of(official.model_config(found.path), shapes)
    modules: dict[str, Any] = {}
    for part, names in names_by_part(shapes).items():
        tensors = _tensors(sorted(found.path.glob("*.safetensors")), names, dtype)
        if part == "condition_encoder":
            tensors["silence_latent"] = read_silence(found.silence, dtype)
        modules[part] = _module(_classes()[part], configs[part], tensors, part)
    return modules


def _comfyui_pipe(facts: FolderFacts, dtype: torch.dtype) -> Any:
    from diffusers import AceStepPipeline, FlowMatchEulerDiscreteScheduler
    from transformers import AutoTokenizer, Qwen3Config, Qwen3Model

    found = comfyui.find_model(facts.path)
    text = found.text_encoder
    if text is None or found.vae is None or found.tokenizer is None:
        raise WeightsError(" ".join(comfyui.comfyui_problems(facts.path)))
    pipeline: Any = AceStepPipeline  # the libraries' loaders are untyped, or typed too narrowly
    tokenizer: Any = AutoTokenizer
    scheduler: Any = FlowMatchEulerDiscreteScheduler
    return pipeline(
        vae=_vae(found.vae, dtype),
        text_encoder=_module(
            lambda **config: Qwen3Model(Qwen3Config(**config)),
            text_encoder_config(text.shapes),
            _source_tensors(text, {name: name for name in text.tensors}, dtype),
            "text_encoder",
        ),
        tokenizer=tokenizer.from_pretrained(
            str(found.tokenizer), trust_remote_code=False, local_files_only=True
        ),
        scheduler=scheduler(num_train_timesteps=1, shift=1.0),
        **_comfyui_modules(facts, found, _silence(found, found.vae, dtype), dtype),
    )


def _vae(source: comfyui.TensorSource, dtype: torch.dtype) -> Any:
    from diffusers import AutoencoderOobleck

    tensors = {
        name: tensor.reshape(1, -1, 1) if name.endswith((".alpha", ".beta")) else tensor
        for name, tensor in _source_tensors(source, vae_names(source.tensors), dtype).items()
    }
    return _module(AutoencoderOobleck, vae_config(comfyui.vae_shapes(source)), tensors, "VAE")


def _silence(found: comfyui.ComfyModel, source: comfyui.TensorSource, dtype: torch.dtype) -> torch.Tensor:
    """Return the silence latent stored beside the file, otherwise encode silence with the VAE. The VAE
    encodes in float32, whatever the model's dtype."""
    if found.silence is not None:
        return read_silence(found.silence, dtype)
    return silence_of(_vae(source, torch.float32)).to(dtype)


def _comfyui_modules(
    facts: FolderFacts, found: comfyui.ComfyModel, silence: torch.Tensor, dtype: torch.dtype
) -> dict[str, Any]:
    shapes = found.model.shapes
    configs = configs_of({}, shapes)
    configs["transformer"] |= {"is_turbo": "turbo" in facts.variant.name, "model_version": facts.variant.name}
    modules: dict[str, Any] = {}
    for part, names in names_by_part(shapes).items():
        tensors = _source_tensors(found.model, names, dtype)
        if part == "condition_encoder":
            tensors["silence_latent"] = silence
        modules[part] = _module(_classes()[part], configs[part], tensors, part)
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


def _module(
    make: Callable[..., Any], config: Mapping[str, Any], tensors: dict[str, torch.Tensor], name: str
) -> Any:
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):  # buffers that no file holds are computed
        module = make(**config)
    missing = sorted(module.state_dict().keys() - tensors.keys())
    if missing:
        raise WeightsError(
            f"The weights lack {len(missing)} tensors of the {name.replace('_', ' ')}, the first "
            f"{missing[0]}. Fetch them again."
        )
    module.load_state_dict(tensors, strict=False, assign=True)
    return module.eval()


def _source_tensors(
    source: comfyui.TensorSource, names: Mapping[str, str], dtype: torch.dtype
) -> dict[str, torch.Tensor]:
    return _tensors([source.file], {there: source.start + own for there, own in names.items()}, dtype)


def _tensors(files: Iterable[Path], names: Mapping[str, str], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Return the tensors under the module's names. They stay memory-mapped pages of the file until
    modified."""
    from safetensors import safe_open

    found: dict[str, torch.Tensor] = {}
    for file in files:
        here: Shapes = tensor_shapes(file)
        with safe_open(file, framework="pt") as tensors:
            found |= {there: tensors.get_tensor(own).to(dtype) for there, own in names.items() if own in here}
    return found


_LOADERS: Mapping[Layout, Callable[[FolderFacts, torch.dtype], Any]] = {
    "diffusers": _diffusers_pipe,
    "official": _official_pipe,
    "comfyui": _comfyui_pipe,
    "comfyui-split": _comfyui_pipe,
}
