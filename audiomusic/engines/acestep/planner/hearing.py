"""Analyses audio with the language model: description, lyrics and, if the weights support it, word times."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypedDict

import torch

from audiomusic.engines.acestep.model_input import ModelInput, frames_of
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.acestep.network.lyric_alignment import timed_lines
from audiomusic.engines.acestep.network.model import Model
from audiomusic.engines.acestep.network.vae import Samples
from audiomusic.engines.acestep.planner.base import INSTRUMENTAL, PlanAnswer, Planner
from audiomusic.engines.acestep.plans import UNKNOWN_LANGUAGE, prompt_key, prompt_metre
from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.lrc import format_lrc

SEED = 0  # makes the analysis deterministic
MOST_S = 600.0

Listening = Callable[[], AbstractContextManager[Planner]]


class Understanding(TypedDict):
    """The result of an analysis. None: nothing was heard. `lrc`: the words with their times, if the weights
    give them."""

    caption: str | None
    lyrics: str | None
    language: str
    audio_codes: str
    lrc: str | None


def understand(model: Model, listening: Listening, samples: Samples) -> Understanding:
    """Analyse audio at 48 kHz, [1 or 2, n]. `listening`: a context in which the language model can be used.
    Raises PlannerError."""
    samples = samples[:, : round(MOST_S * SAMPLE_RATE_HZ)]
    latents = vae.encode(model, vae.to_model(model, samples), SEED)
    codes = sound_codes(model, latents)
    with listening() as planner:  # on a small card, the other parts have left the card by now
        answer = planner.understand(codes, SEED)
    lyrics = "" if answer.lyrics == INSTRUMENTAL else answer.lyrics.strip()
    return {
        "caption": answer.caption or None,
        "lyrics": lyrics or None,
        "language": answer.language or UNKNOWN_LANGUAGE,
        "audio_codes": answer.code_text,
        "lrc": _lrc(model, answer, lyrics, latents, samples) if lyrics else None,
    }


@torch.no_grad()
def sound_codes(model: Model, latents: torch.Tensor) -> tuple[int, ...]:
    """Convert latents [frames, channels] to audio codes, five per second."""
    pipe = model.pipe
    with model.at_work("audio_tokenizer", "condition_encoder"):
        _, indices = pipe.audio_tokenizer.tokenize(
            latents[None], pipe.condition_encoder.silence_latent.to(latents)
        )
    return tuple(indices[0].reshape(indices.shape[1], -1)[:, 0].tolist())


def _lrc(
    model: Model, answer: PlanAnswer, lyrics: str, latents: torch.Tensor, samples: Samples
) -> str | None:
    """Time the words that were heard, in the same way as those of a generated song."""
    duration_s = samples.shape[1] / SAMPLE_RATE_HZ
    count = round(duration_s * model.sample_rate_hz)
    frames = frames_of(count, model.hop)
    song = ModelInput(
        caption=answer.caption,
        lyrics=lyrics,
        language=answer.language or UNKNOWN_LANGUAGE,
        seed=SEED,
        samples=count,
        frames=frames,
        duration_s=duration_s,
        bpm=answer.bpm,
        keyscale=prompt_key(answer.keyscale),
        timesignature=prompt_metre(answer.timesignature),
    )
    whole = torch.cat([latents, model.silence(max(0, frames - len(latents)))])[:frames]
    lines = timed_lines(model, song, whole, model.facts.variant.steps)
    return format_lrc(lines, word_times=False) if lines else None
