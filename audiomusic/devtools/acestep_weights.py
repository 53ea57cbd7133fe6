"""ACE-Step weights with random values, saved like a user's folder: tiny ones for tests, and real sizes for
benchmarks, because speed does not depend on the values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

MODULE_SEED = 20


@dataclass(frozen=True)
class Size:
    """All dimensions that differ between a toy model and a real one."""

    attention: dict[str, int]  # of the transformer
    encoder_attention: dict[str, int]
    layers: int
    encoder_layers: tuple[int, int]  # for lyrics and for timbre
    pooler_layers: int
    text: dict[str, Any]
    latent: int
    sliding_window: int
    silence_frames: int
    vae: dict[str, Any]


_TOY = {
    "hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1,
    "head_dim": 8,
}  # fmt: skip
_REAL = {
    "hidden_size": 2048, "intermediate_size": 6144, "num_attention_heads": 16, "num_key_value_heads": 8,
    "head_dim": 128,
}  # fmt: skip

#: 8 kHz and 25 latents per second: any code that assumes 48 kHz fails.
TINY = Size(
    attention=_TOY, encoder_attention=_TOY, layers=2, encoder_layers=(1, 1), pooler_layers=1,
    text={
        "vocab_size": 257, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
    },
    latent=4, sliding_window=8, silence_frames=15_000,
    vae={
        "encoder_hidden_size": 8, "downsampling_ratios": [4, 8, 10], "channel_multiples": [1, 1, 1],
        "decoder_channels": 4, "decoder_input_channels": 4, "sampling_rate": 8000,
    },
)  # fmt: skip
#: The same with audio at 48 kHz, like the real model, for timing audio processing.
TINY_48K = replace(
    TINY,
    vae=TINY.vae | {
        "downsampling_ratios": [2, 4, 4, 6, 10], "channel_multiples": [1] * 5, "sampling_rate": 48_000,
    },
)  # fmt: skip
#: The 2B model, with the default dimensions of its classes.
REAL_2B = Size(
    attention=_REAL, encoder_attention=_REAL, layers=24, encoder_layers=(8, 4), pooler_layers=2,
    text={
        "vocab_size": 151_669, "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28,
        "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128,
    },
    latent=64, sliding_window=128, silence_frames=15_000,
    vae={
        "encoder_hidden_size": 128, "downsampling_ratios": [2, 4, 4, 6, 10],
        "channel_multiples": [1, 2, 4, 8, 16], "decoder_channels": 128, "decoder_input_channels": 64,
        "sampling_rate": 48_000,
    },
)  # fmt: skip

#: The XL models: a larger transformer with the same encoders.
REAL_XL = replace(
    REAL_2B,
    attention=_REAL | {
        "hidden_size": 2560, "intermediate_size": 9728, "num_attention_heads": 32,
        "encoder_hidden_size": 2048,
    },
    layers=32,
)  # fmt: skip


def save_weights(folder: Path, *, size: Size = TINY, is_turbo: bool = True, dtype: str = "float32") -> None:
    """Write a complete pipeline with random weights to `folder`, in diffusers' layout."""
    import torch
    from diffusers import AceStepPipeline

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(MODULE_SEED)
        torch.set_default_dtype(getattr(torch, dtype))
        try:
            pipe: Any = AceStepPipeline(**random_parts(size, is_turbo=is_turbo))
        finally:
            torch.set_default_dtype(torch.float32)
    pipe.to(dtype=getattr(torch, dtype)).save_pretrained(folder, safe_serialization=True)


def random_parts(size: Size, *, is_turbo: bool) -> dict[str, Any]:
    """Return a pipeline's parts in torch's default dtype."""
    import torch
    from diffusers import AceStepTransformer1DModel, AutoencoderOobleck, FlowMatchEulerDiscreteScheduler
    from diffusers.pipelines.ace_step import (
        AceStepAudioTokenDetokenizer,
        AceStepAudioTokenizer,
        AceStepConditionEncoder,
    )
    from transformers import Qwen3Config, Qwen3Model

    window = {"sliding_window": size.sliding_window}
    pooled = size.encoder_attention | window | {
        "audio_acoustic_hidden_dim": size.latent, "num_attention_pooler_hidden_layers": size.pooler_layers,
    }  # fmt: skip
    lyric_layers, timbre_layers = size.encoder_layers
    encoder: Any = AceStepConditionEncoder(
        **size.encoder_attention, **window,
        text_hidden_dim=size.text["hidden_size"], timbre_hidden_dim=size.latent,
        num_lyric_encoder_hidden_layers=lyric_layers, num_timbre_encoder_hidden_layers=timbre_layers,
    )  # fmt: skip
    encoder.silence_latent = torch.randn(1, size.silence_frames, size.latent)
    return {
        "vae": AutoencoderOobleck(audio_channels=2, **size.vae),
        "text_encoder": Qwen3Model(Qwen3Config(**size.text)),
        "tokenizer": _byte_tokenizer(),
        "transformer": AceStepTransformer1DModel(
            **size.attention, **window, num_hidden_layers=size.layers, in_channels=3 * size.latent,
            audio_acoustic_hidden_dim=size.latent, is_turbo=is_turbo,
        ),
        "condition_encoder": encoder,
        "scheduler": FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
        "audio_tokenizer": AceStepAudioTokenizer(**pooled, fsq_dim=size.encoder_attention["hidden_size"]),
        "audio_token_detokenizer": AceStepAudioTokenDetokenizer(**pooled),
    }  # fmt: skip


def _byte_tokenizer() -> Any:
    """Return a tokenizer whose vocabulary is all bytes and nothing else."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    symbols = ["<|endoftext|>", *sorted(ByteLevel.alphabet())]
    return Qwen2Tokenizer(vocab={symbol: place for place, symbol in enumerate(symbols)}, merges=[])
