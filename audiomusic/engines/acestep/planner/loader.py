"""Loads the language model from a folder and rejects anything that would only fail later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from audiomusic.engines.acestep.folder import PLANNER_TYPE
from audiomusic.engines.acestep.network.quantization import quantize
from audiomusic.engines.acestep.planner.base import PlannerError
from audiomusic.engines.acestep.planner.language_model import LanguageModelPlanner
from audiomusic.engines.acestep.planner.vocabulary import TokenVocabulary, read_vocabulary

CONTEXT_TOKENS = 4096


class PlannerLoadError(PlannerError):
    """The folder holds no language model that can plan."""


def load_planner(
    folder: Path | str,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = "float32",
    *,
    context_tokens: int = CONTEXT_TOKENS,
    stays: bool = True,
    is_quantized: bool = False,
    records: bool = False,
) -> LanguageModelPlanner:
    """Load the planner from a folder such as acestep-5Hz-lm-1.7B. This is slow, so load it only once.

    `stays` False: the weights are kept in host memory and moved to `device` for each plan. `is_quantized`:
    the linear layers of its blocks are int8; its vocabulary, which is indexed by rows, is not. `records`:
    capture the decoding step as a CUDA graph if the weights stay on a card.

    Nothing is downloaded, only safetensors are read, and no code in the folder is run. Raises
    PlannerLoadError, or VocabularyError, with one sentence per problem.
    """
    folder = Path(folder)
    config = _read_config(folder)
    vocabulary = read_vocabulary(_load_tokenizer(folder))
    model = _load_model(folder, _dtype(dtype))
    _check_model(folder, model, vocabulary)
    if is_quantized:
        quantize(model, model.dtype)
    limit = min(context_tokens, int(config.get("max_position_embeddings", context_tokens)))
    model = (model.to(device) if stays else model).eval()
    device = torch.device(device)
    records = (
        records and stays and device.type == "cuda" and not model.model.has_sliding_layers
    )  # the static cache has one mask for all layers
    return LanguageModelPlanner(model, vocabulary, limit, device, records=records)


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise PlannerLoadError(f"the planner's folder {folder} does not exist")
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlannerLoadError(f"{folder} is no language model: it has no config.json") from None
    except (OSError, ValueError) as error:
        raise PlannerLoadError(f"{path} cannot be read: {error}") from error
    if not isinstance(config, dict) or config.get("model_type") != PLANNER_TYPE:
        found = config.get("model_type") if isinstance(config, dict) else type(config).__name__
        raise PlannerLoadError(f"{folder}: wanted a {PLANNER_TYPE} language model, found {found!r}")
    return config


def _dtype(dtype: str | torch.dtype) -> torch.dtype:
    found = getattr(torch, dtype, None) if isinstance(dtype, str) else dtype
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise PlannerLoadError(f"dtype: wanted float32, bfloat16 or float16, got {dtype!r}")
    return found


def _load_tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # a damaged file can make the library raise anything
        raise PlannerLoadError(f"{folder}: the tokenizer cannot be loaded: {error}") from error


def _load_model(folder: Path, dtype: torch.dtype) -> Any:
    if not any(folder.glob("*.safetensors")):
        raise PlannerLoadError(f"{folder} holds no weights as safetensors; other kinds are not read")
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except Exception as error:  # truncated, wrong shape, not safetensors: each has its own class
        raise PlannerLoadError(f"{folder}: the weights cannot be loaded: {error}") from error
    model, report = loaded
    missing = sorted(report["missing_keys"])
    if missing:
        raise PlannerLoadError(
            f"{folder}: the weights lack {len(missing)} of the model's tensors, the first {missing[0]}"
        )
    return model


def _check_model(folder: Path, model: Any, vocabulary: TokenVocabulary) -> None:
    rows = model.get_input_embeddings().weight.shape[0]
    wanted = vocabulary.first_code + vocabulary.code_count
    if rows < wanted:
        raise PlannerLoadError(
            f"{folder}: the tokenizer has {wanted} tokens up to its last audio code, the model only {rows}:"
            " they are not of one kind"
        )
