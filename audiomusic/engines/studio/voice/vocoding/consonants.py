"""Voiceless consonants: the spoken sound, copied to its place in the song."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.alignment import PlacedSegment
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from audiomusic.engines.studio.voice.speech import Speech

_AIR = 0.35  # gain of the band mirrored above the speech
LOUDEST = 0.55  # maximum level of consonants, relative to the voice: a hiss is louder spoken than sung
CROSSFADE_S = 0.02  # a consonant overlaps each neighbour by half of this
# 48 000 : 22 050 = 320 : 147, so a transform of 147 m samples becomes one of 320 m.
_SPEECH_STEP, _SONG_STEP, _SPEECH_RATE_HZ = 147, 320, 22_050


@lru_cache(maxsize=64)
def upsample(speech: Speech) -> npt.NDArray[np.float32]:
    """Return the spoken samples, -1..1, resampled to SAMPLE_RATE_HZ with a single FFT.

    The speech ends at 11 kHz but a hiss does not, so the upper half of its spectrum is mirrored above that,
    fading out.
    """
    if speech.rate_hz != _SPEECH_RATE_HZ:
        raise ValueError(f"expected speech at {_SPEECH_RATE_HZ} Hz, got at {speech.rate_hz}")
    steps = 64 * (len(speech.pcm) // (64 * _SPEECH_STEP) + 1)
    spectrum = torch.fft.rfft(torch.from_numpy(speech.pcm / np.float32(32768)), steps * _SPEECH_STEP)
    mirrored = spectrum.flip(0).conj()[1 : len(spectrum) // 2]
    spectrum = torch.cat([spectrum, mirrored * torch.linspace(_AIR, 0, len(mirrored))])
    samples = torch.fft.irfft(spectrum, steps * _SONG_STEP) * (_SONG_STEP / _SPEECH_STEP)
    return np.asarray(samples.numpy()[: len(speech.pcm) * _SONG_STEP // _SPEECH_STEP])


def crossfade_window(length: int, fade: int) -> npt.NDArray[np.float32]:
    """Return ones [length] with raised-cosine ends of `fade` samples, which sum to 1 in a crossfade."""
    fade = min(fade, length // 2)
    window = np.ones(length, np.float32)
    rise = (1 - np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))) / 2
    window[:fade] = rise
    window[length - fade :] = rise[::-1]
    return window


def copy_voiceless(
    speech: Speech,
    placed: Sequence[PlacedSegment],
    gain: npt.NDArray[np.floating[Any]],
    origin_s: float,
    length: int,
    voice_rms: float,
) -> torch.Tensor:
    """Return the voiceless consonants of a line, float32 [length], for a clip that starts at `origin_s`.

    gain: linear, one value per millisecond. voice_rms: level of the surrounding vowels.
    A consonant with too little room loses its beginning, never the release that makes it intelligible.
    """
    out = np.zeros(length, np.float32)
    source = upsample(speech)
    for item in placed:
        if item.kind is PhonemeClass.VOICELESS:
            _copy(source, item, gain, origin_s, out, LOUDEST * voice_rms)
    return torch.from_numpy(out)


def _copy(
    source: npt.NDArray[np.float32],
    item: PlacedSegment,
    gain: npt.NDArray[np.floating[Any]],
    origin_s: float,
    out: npt.NDArray[np.float32],
    most_rms: float,
) -> None:
    half = CROSSFADE_S / 2
    count = round((item.end_s - item.start_s + 2 * half) * SAMPLE_RATE_HZ)
    stop = round((item.points[-1][1] + half) * SAMPLE_RATE_HZ)
    start = round((item.start_s - half - origin_s) * SAMPLE_RATE_HZ)
    piece = np.zeros(count, np.float32)
    taken = source[max(stop - count, 0) : stop]
    first = max(count - stop, 0)
    piece[first : first + len(taken)] = taken
    piece *= crossfade_window(count, round(CROSSFADE_S * SAMPLE_RATE_HZ))
    middle_ms = int(((item.start_s + item.end_s) / 2 - origin_s) * 1000)
    piece *= gain[min(max(middle_ms, 0), len(gain) - 1)]
    piece *= min(1.0, most_rms / max(float(np.sqrt(np.mean(piece**2))), 1e-9))
    lower, upper = max(start, 0), min(start + count, len(out))
    if lower < upper:
        out[lower:upper] += piece[lower - start : upper - start]
