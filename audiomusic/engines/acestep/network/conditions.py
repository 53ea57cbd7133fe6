"""Encodes a batch's conditioning: texts, timbre, and the outline that the frames follow.

Texts follow ACE-Step's own templates, which the pipeline contains. The encoder would truncate a long text at
its end, where tempo and key are; instead, the caption is shortened here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor

from audiomusic.engines.acestep.model_input import ModelInput
from audiomusic.engines.acestep.network.model import Model

MOST_TEXT_TOKENS, MOST_LYRIC_TOKENS = 256, 2048
TIMBRE_S = 30.0
TRACK_TASKS = ("extract", "lego")
OPEN = 2.0


@dataclass
class Conditions:
    """Encoder states [batch, tokens, width] and their mask, bool [batch, tokens]; False is padding."""

    states: Tensor
    mask: Tensor


def instruction_of(model: Model, song: ModelInput, *, plain: bool = False) -> str:
    """Return the instruction that names the task. `plain`: as if the song followed no outline."""
    task = "text2music" if plain else "cover" if song.follows else song.task
    track = song.tracks[0] if song.tracks and task in TRACK_TASKS else None
    sentence: str = model.pipe._get_task_instruction(
        task_type=task, track_name=track, complete_track_classes=list(song.tracks) or None
    )
    return sentence


def texts_of(model: Model, song: ModelInput, *, plain: bool = False) -> tuple[str, str]:
    """Return the prompt and the lyrics in the form that the encoders read."""
    prompt, lyrics = model.pipe._format_prompt(
        prompt=song.caption,
        lyrics=song.lyrics,
        vocal_language=song.language,
        audio_duration=song.duration_s,
        instruction=instruction_of(model, song, plain=plain),
        bpm=song.bpm,
        keyscale=song.keyscale,
        timesignature=song.timesignature,
    )
    return prompt, lyrics


def shorten(model: Model, text: str, frame: str, most_tokens: int) -> tuple[str, int]:
    """Truncate `text` so that together with `frame`, the text around it, it has at most `most_tokens`.
    Returns it with the number of tokens removed."""
    room = max(0, most_tokens - len(model.tokens(frame).input_ids))
    tokens = model.tokens(text).input_ids
    if len(tokens) <= room:
        return text, 0
    kept: str = model.pipe.tokenizer.decode(tokens[:room]).rstrip("\N{REPLACEMENT CHARACTER}")
    return kept, len(tokens) - room


@torch.no_grad()
def encode_conditions(model: Model, songs: Sequence[ModelInput], *, plain: bool = False) -> Conditions:
    """Encode the texts and timbres of all songs in one pass; padding changes none of them."""
    texts, lyrics = zip(*(texts_of(model, song, plain=plain) for song in songs), strict=True)
    pipe, device = model.pipe, model.device
    text_ids, text_mask = _tokens(model, texts, MOST_TEXT_TOKENS)
    lyric_ids, lyric_mask = _tokens(model, lyrics, MOST_LYRIC_TOKENS)
    frames = ceil(TIMBRE_S * model.frames_per_s)
    timbres = [model.silence(frames) if song.reference is None else song.reference for song in songs]
    with model.at_work("text_encoder", "condition_encoder"):
        states, mask = pipe.condition_encoder(
            # The text encoder is causal, so padding on the right does not affect it.
            text_hidden_states=pipe.text_encoder(input_ids=text_ids).last_hidden_state,
            text_attention_mask=text_mask,
            lyric_hidden_states=pipe.text_encoder.get_input_embeddings()(lyric_ids),
            lyric_attention_mask=lyric_mask,
            refer_audio_acoustic_hidden_states_packed=torch.stack(timbres).to(device, model.dtype),
            refer_audio_order_mask=torch.arange(len(songs), device=device),
        )
    longest = int(mask.sum(1).max())
    return Conditions(states[:, :longest], mask[:, :longest])


def _tokens(model: Model, texts: Sequence[str], most: int) -> tuple[Tensor, Tensor]:
    found = model.tokens(
        list(texts), padding="longest", truncation=True, max_length=most, return_tensors="pt"
    )
    return found.input_ids.to(model.device), found.attention_mask.to(model.device).bool()


@torch.no_grad()
def outline(model: Model, song: ModelInput, *, plain: bool = False, is_open: bool = False) -> Tensor:
    """Return what each frame follows and whether it is generated (1) or kept (0): [frames, 2 * channels].
    `is_open`: without windows, leave that to the model (2), as newer ACE-Step does."""
    mark = OPEN if is_open and not song.windows else 1.0
    made = torch.full((song.frames, model.channels), mark, device=model.device, dtype=model.dtype)
    if plain or (song.source is None and not song.codes):
        return torch.cat([model.silence(song.frames), made], dim=-1)
    source = _followed(model, song)
    if song.task in ("repaint", "lego"):
        made[:] = 0
        for start, stop in song.windows or ((0, song.frames),):
            made[start:stop] = mark
        if song.task == "repaint":
            source = torch.where(made > 0, model.silence(song.frames), source)
    return torch.cat([source, made], dim=-1)


def _followed(model: Model, song: ModelInput) -> Tensor:
    if song.codes:
        latents = codes_to_latents(model, song.codes)
    else:
        assert song.source is not None
        latents = song.source.to(model.device, model.dtype)
        if song.task == "cover":
            latents = through_tokens(model, latents)
    missing = song.frames - len(latents)
    if missing > 0:  # pad an odd length
        latents = torch.cat([latents, model.silence(missing)])
    return latents[: song.frames]


def codes_to_latents(model: Model, codes: str) -> Tensor:
    """Convert a planner's audio codes, five per second, to latents [5 * codes, channels]."""
    with model.at_work("condition_encoder", "audio_tokenizer", "audio_token_detokenizer"):
        latents, _ = model.pipe.prepare_src_latents(
            device=model.device, dtype=model.dtype, audio_codes=[codes], batch_size=1
        )
    found: Tensor = latents[0]
    return found


def through_tokens(model: Model, latents: Tensor) -> Tensor:
    """Pass latents through the audio tokenizer and back, which keeps a source's outline but not its sound."""
    pipe = model.pipe
    with model.at_work("audio_tokenizer", "audio_token_detokenizer"):
        quantized, _ = pipe.audio_tokenizer.tokenize(
            latents[None], pipe.condition_encoder.silence_latent.to(latents)
        )
        found: Tensor = pipe.audio_token_detokenizer(quantized.to(latents))[0, : len(latents)]
    return found
