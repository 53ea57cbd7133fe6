"""Tiny random models on disk and in memory, and songs for them. They make noise, but deterministically."""

from dataclasses import replace

import torch

from audiomusic.engines.acestep.model_input import ModelInput, Sampling, frames_of

RATE_HZ, HOP = 8000, 320
TURBO = Sampling(steps=3, shift=3.0)
BASE = Sampling(steps=3, shift=1.0, guidance_scale=7.0)


def make_song(seed=1, duration_s=2.0, **wishes):
    samples = round(duration_s * RATE_HZ)
    song = ModelInput(
        caption="calm piano", lyrics="[Verse]\nla la", language="en", seed=seed, samples=samples,
        frames=frames_of(samples, HOP), duration_s=duration_s,
    )  # fmt: skip
    return replace(song, **wishes)


def tone(duration_s=2.2, rate_hz=RATE_HZ, pitch_hz=220.0):
    time_s = torch.arange(round(duration_s * rate_hz)) / rate_hz
    return 0.3 * torch.sin(2 * torch.pi * pitch_hz * time_s).repeat(2, 1)


def stock_latents(model, song, sampling, **wishes):
    """Return the latents that diffusers' own loop makes for one song."""
    generator = torch.Generator().manual_seed(song.seed)
    found = model.pipe(
        prompt=song.caption, lyrics=song.lyrics, vocal_language=song.language, audio_duration=song.duration_s,
        bpm=song.bpm, keyscale=song.keyscale, timesignature=song.timesignature,
        num_inference_steps=sampling.steps, guidance_scale=sampling.guidance_scale, shift=sampling.shift,
        latents=torch.randn(song.frames, model.channels, generator=generator)[None], output_type="latent",
        **wishes,
    )  # fmt: skip
    return found.audios[0]
