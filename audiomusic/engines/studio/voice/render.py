"""Rendering of one line with the voice that reads it: level, breath, trimming to the song."""

from __future__ import annotations

import numpy as np
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.breathing import BREATH_S, LEVEL, PAUSE_S, REST_WANTED_S, inhale
from audiomusic.engines.studio.voice.neural.reading import NeuralSpeech
from audiomusic.engines.studio.voice.take import SungTake
from audiomusic.engines.studio.voice.vocoding.consonants import crossfade_window
from audiomusic.engines.studio.voice.vocoding.line import sing_by_vocoder, voice_rms_of

TARGET_RMS = 0.1  # of the voiced part, at velocity 0.8
VELOCITY_RANGE_DB = 14.0
PEAK_LIMIT = 0.7
EDGE_FADE_S = 0.005


def render(take: SungTake, rng: np.random.Generator) -> tuple[float, torch.Tensor]:
    """Return (start in song seconds, samples float32 [n] at SAMPLE_RATE_HZ) of one line."""
    sing = _sing_by_network if isinstance(take.speech, NeuralSpeech) else sing_by_vocoder
    origin_s, samples, voice_rms = sing(take, rng)
    samples = _level(samples, voice_rms, take.velocity)
    if take.manner.breathes and take.rest_s >= REST_WANTED_S:
        breath = inhale(rng) * (LEVEL * _wanted_rms(take.velocity))
        samples = torch.cat([breath, samples.new_zeros(round(PAUSE_S * SAMPLE_RATE_HZ)), samples])
        origin_s -= BREATH_S + PAUSE_S
    return _cut(origin_s, samples, take.song_end_s)


def _sing_by_network(take: SungTake, rng: np.random.Generator) -> tuple[float, torch.Tensor, float]:
    from audiomusic.engines.studio.voice.neural.render import sung_line

    start_s, samples = sung_line(take, rng)
    return start_s, samples, voice_rms_of(samples)


def _wanted_rms(velocity: float) -> float:
    return TARGET_RMS * 10 ** (VELOCITY_RANGE_DB * (min(max(velocity, 0.0), 1.0) - 0.8) / 20)


def _level(samples: torch.Tensor, voice_rms: float, velocity: float) -> torch.Tensor:
    """Scale `samples` to the loudness of `velocity`, with peaks at most PEAK_LIMIT."""
    samples = samples * (_wanted_rms(velocity) / max(voice_rms, 1e-6))
    return samples * min(1.0, PEAK_LIMIT / max(float(samples.abs().max()), 1e-6))


def _cut(start_s: float, samples: torch.Tensor, end_s: float) -> tuple[float, torch.Tensor]:
    """Trim what lies before the song's start or after `end_s`, and fade both ends."""
    samples = samples[max(0, round(-start_s * SAMPLE_RATE_HZ)) :]
    start_s = max(start_s, 0.0)
    samples = samples[: max(0, round((end_s - start_s) * SAMPLE_RATE_HZ))]
    window = crossfade_window(len(samples), round(EDGE_FADE_S * SAMPLE_RATE_HZ))
    return start_s, samples * torch.from_numpy(window)
