"""Converts between latents and audio: decoding, encoding, resampling, and splicing repainted parts."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.acestep.network.conditions import TIMBRE_S
from audiomusic.engines.acestep.network.model import Model
from audiomusic.engines.base import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]

CONTEXT_S = 4.0  # audio on either side of a window that is used to match its level
SILENT, MOST_GAIN = 1e-4, 4.0
SEGMENTS, SEGMENT_S = 3, 10.0  # of a reference: beginning, middle and end
SOURCE_STREAM = 0x5EED  # separates a source's noise from the song's


@torch.no_grad()
def decode(model: Model, latents: Tensor, samples: int) -> Samples:
    """Decode latents [frames, channels] to audio, float32 [2, samples], at the model's rate."""
    with model.at_work("vae"):
        wave = model.pipe.vae.decode(latents.T[None].to(model.device, model.dtype)).sample[0]
    return _to_host(wave[:, :samples].float()).numpy()


def _to_host(wave: Tensor) -> Tensor:
    """Copy to host memory; from a GPU through pinned memory, which is faster."""
    if not wave.is_cuda:
        return wave.cpu()
    return torch.empty(wave.shape, dtype=wave.dtype, pin_memory=True).copy_(wave)


@torch.no_grad()
def encode(model: Model, wave: Tensor, seed: int) -> Tensor:
    """Encode audio [2, samples] at the model's rate to latents [frames, channels]. The encoder returns a
    distribution; the sample drawn from it depends on `seed` alone."""
    generator = torch.Generator().manual_seed(seed ^ SOURCE_STREAM)
    with model.at_work("vae"):
        found = model.pipe.vae.encode(wave[None].to(model.device, model.dtype)).latent_dist
    drawn: Tensor = found.sample(generator=generator)[0].T
    return drawn


def encode_reference(model: Model, wave: Tensor, seed: int) -> Tensor:
    """Encode the timbre of a recording: ten seconds each of its beginning, middle and end."""
    rate = model.sample_rate_hz
    missing = int(TIMBRE_S * rate) / wave.shape[1]
    wave = wave.repeat(1, max(1, ceil(missing)))
    length = int(SEGMENT_S * rate)
    starts = (0, wave.shape[1] // SEGMENTS, wave.shape[1] - length)
    return encode(model, torch.cat([wave[:, start : start + length] for start in starts], dim=1), seed)


def resample(wave: Samples, rate_hz: int, new_rate_hz: int) -> Samples:
    """Resample audio [channels, n] to another rate, band-limited, by a Fourier transform of the whole
    signal."""
    if rate_hz == new_rate_hz:
        return wave
    count = round(wave.shape[1] * new_rate_hz / rate_hz)
    spectrum = np.fft.rfft(wave, axis=1)
    bins = min(spectrum.shape[1], count // 2 + 1)
    resampled = np.fft.irfft(spectrum[:, :bins], n=count, axis=1) * (count / wave.shape[1])
    return np.ascontiguousarray(resampled, dtype=np.float32)


def to_model(model: Model, wave: Samples) -> Tensor:
    """Convert audio at 48 kHz, [1 or 2, n], to the model's input: stereo at its rate."""
    stereo = np.broadcast_to(wave, (2, wave.shape[1]))
    return torch.from_numpy(resample(np.ascontiguousarray(stereo), SAMPLE_RATE_HZ, model.sample_rate_hz))


def splice(made: Samples, source: Samples, start: int, stop: int, fade_s: float = 0.04) -> Samples:
    """Return `source` with samples `start` to `stop` replaced by `made`, with an equal-power crossfade inside
    the window; outside it every sample is the source's. `source` [2, n]; `made` [2, m] may be shorter or
    longer."""
    spliced = source.astype(np.float32, copy=True)
    stop = min(stop, made.shape[1], source.shape[1])
    length = stop - start
    if length <= 0:
        return spliced
    fade = min(round(fade_s * SAMPLE_RATE_HZ), length // 2)
    share = np.ones(length, dtype=np.float32)
    if start > 0:
        share[:fade] = _rise(fade)
    if stop < source.shape[1]:
        share[length - fade :] = _rise(fade)[::-1]
    window = slice(start, stop)
    share *= np.float32(np.pi / 2)
    spliced[:, window] = np.sin(share) * made[:, window] + np.cos(share) * source[:, window]
    return spliced


def matched_level(made: Samples, source: Samples, start: int, stop: int) -> Samples:
    """Scale `made` to the level of `source` around the window, where both hold the same music, since a model
    has its own level. Unchanged if nothing surrounds the window."""
    reach = round(CONTEXT_S * SAMPLE_RATE_HZ)
    count = min(made.shape[1], source.shape[1])
    around = np.r_[max(0, start - reach) : start, min(stop, count) : min(stop + reach, count)]
    levels = [
        float(np.sqrt(np.mean(np.square(sound[:, around])))) if len(around) else 0.0
        for sound in (made, source)
    ]
    if min(levels) < SILENT:
        return made
    return made * np.float32(np.clip(levels[1] / levels[0], 1 / MOST_GAIN, MOST_GAIN))


@lru_cache(maxsize=4)
def _rise(count: int) -> npt.NDArray[np.float32]:
    return ((np.arange(count) + 1) / (count + 1)).astype(np.float32)
