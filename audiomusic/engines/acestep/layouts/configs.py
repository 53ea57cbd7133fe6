"""Builds the configs of diffusers' modules for ACE-Step's own weights.

Sizes are read from the tensors: the XL model's encoders are narrower than its transformer, and a shape cannot
contradict the weights as a config can. What shapes do not show comes from config.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audiomusic.engines.acestep.layouts.heads import Shapes, WeightsError
from audiomusic.engines.acestep.layouts.keys import Part, names_by_part

#: Values that no shape shows, as in the 1.5 models.
COMMON: Mapping[str, Any] = {
    "rope_theta": 1_000_000.0,
    "rms_norm_eps": 1e-6,
    "sliding_window": 128,
    "attention_bias": False,
}
NEEDED: tuple[Part, ...] = ("transformer", "condition_encoder")
FOR_AUDIO_TOKENS: tuple[Part, ...] = ("audio_tokenizer", "audio_token_detokenizer")
MOST_TEXT_TOKENS = 32_768  # as Qwen3-Embedding-0.6B was trained
FSQ_LEVELS = (8, 8, 8, 5, 5, 5)
POOL_FRAMES = 5
#: The prefix of each part's layers.
LAYERS: dict[Part, str] = {
    "transformer": "decoder.layers",
    "condition_encoder": "encoder.lyric_encoder.layers",
    "audio_tokenizer": "tokenizer.attention_pooler.layers",
    "audio_token_detokenizer": "detokenizer.layers",
}


def configs_of(config: Mapping[str, Any], shapes: Shapes) -> dict[Part, dict[str, Any]]:
    """Return part -> its class's arguments, for the parts in the weights. Raises WeightsError."""
    return {part: part_config(part, config, shapes) for part in names_by_part(shapes)}


def missing_parts(where: Path, found: Mapping[Part, Any]) -> Iterator[str]:
    """Yield a sentence for each required part that is missing."""
    for part in NEEDED:
        if part not in found:
            yield f"The weights in {where} have no tensor of the {part.replace('_', ' ')}. Fetch them again."


def text_encoder_config(shapes: Shapes) -> dict[str, Any]:
    """Return the arguments of Qwen3's class, for a model like Qwen3-Embedding-0.6B. Raises WeightsError."""
    try:
        return {
            **_attention(shapes, "layers"),
            "vocab_size": shapes["embed_tokens.weight"][0],
            "num_hidden_layers": _count(shapes, "layers"),
            "max_position_embeddings": MOST_TEXT_TOKENS,
            "rms_norm_eps": COMMON["rms_norm_eps"],
            "rope_parameters": {"rope_type": "default", "rope_theta": COMMON["rope_theta"]},
        }
    except KeyError as error:
        raise WeightsError(
            f"The weights of the text encoder lack the tensor {error.args[0]}. Fetch them again."
        ) from None


def part_config(part: Part, config: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    """Return the arguments of a part's class. Raises WeightsError if a tensor that determines one is
    missing."""
    try:
        return {**_common(config), **_attention(shapes, LAYERS[part]), **_OWN[part](config, shapes)}
    except KeyError as error:
        raise WeightsError(f"The weights lack the tensor {error.args[0]}. Fetch them again.") from None


def _common(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: config.get(name, value) for name, value in COMMON.items()}


def _attention(shapes: Shapes, layers: str) -> dict[str, int]:
    first = f"{layers}.0"
    head_dim = shapes[f"{first}.self_attn.q_norm.weight"][0]
    queries, hidden = shapes[f"{first}.self_attn.q_proj.weight"]
    return {
        "hidden_size": hidden,
        "intermediate_size": shapes[f"{first}.mlp.gate_proj.weight"][0],
        "num_attention_heads": queries // head_dim,
        "num_key_value_heads": shapes[f"{first}.self_attn.k_proj.weight"][0] // head_dim,
        "head_dim": head_dim,
    }


def _count(shapes: Shapes, layers: str) -> int:
    start = f"{layers}."
    return len({name[len(start) :].split(".")[0] for name in shapes if name.startswith(start)})


def _transformer(config: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    _, in_channels, patch = shapes["decoder.proj_in.1.weight"]
    return {
        "num_hidden_layers": _count(shapes, LAYERS["transformer"]),
        "in_channels": in_channels,
        "patch_size": patch,
        "audio_acoustic_hidden_dim": shapes["decoder.proj_out.1.weight"][1],
        "encoder_hidden_size": shapes["decoder.condition_embedder.weight"][1],
        "layer_types": config.get("layer_types"),
        "is_turbo": bool(config.get("is_turbo", False)),
        "model_version": config.get("model_version"),
    }


def _condition_encoder(config: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    return {
        "text_hidden_dim": shapes["encoder.text_projector.weight"][1],
        "timbre_hidden_dim": shapes["encoder.timbre_encoder.embed_tokens.weight"][1],
        "num_lyric_encoder_hidden_layers": _count(shapes, LAYERS["condition_encoder"]),
        "num_timbre_encoder_hidden_layers": _count(shapes, "encoder.timbre_encoder.layers"),
    }


def _audio_tokenizer(config: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    return {
        "audio_acoustic_hidden_dim": shapes["tokenizer.audio_acoustic_proj.weight"][1],
        "pool_window_size": config.get("pool_window_size", POOL_FRAMES),
        "num_attention_pooler_hidden_layers": _count(shapes, LAYERS["audio_tokenizer"]),
        "fsq_dim": shapes["tokenizer.quantizer.project_in.weight"][1],
        "fsq_input_levels": list(config.get("fsq_input_levels", FSQ_LEVELS)),
        "fsq_input_num_quantizers": config.get("fsq_input_num_quantizers", 1),
    }


def _audio_token_detokenizer(config: Mapping[str, Any], shapes: Shapes) -> dict[str, Any]:
    return {
        "audio_acoustic_hidden_dim": shapes["detokenizer.proj_out.weight"][0],
        "pool_window_size": shapes["detokenizer.special_tokens"][1],
        "num_attention_pooler_hidden_layers": _count(shapes, LAYERS["audio_token_detokenizer"]),
    }


_OWN = {
    "transformer": _transformer,
    "condition_encoder": _condition_encoder,
    "audio_tokenizer": _audio_tokenizer,
    "audio_token_detokenizer": _audio_token_detokenizer,
}
