"""Vocoder synthesis: glottal pulses through minimum-phase vocal tract filters, plus breath noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.voice.colour import effort_db
from audiomusic.engines.studio.voice.phonemes import PhonemeClass
from audiomusic.engines.studio.voice.vocoding.envelope import (
    BIN_HZ,
    BINS,
    DB_TO_LOG_POWER,
    HOP_S,
    SYNTHESIS_FFT,
    bin_frequencies_hz,
)

Curve = npt.NDArray[np.floating[Any]]

NOISE_HOP = 240  # samples
NOISE_WINDOW = 2 * NOISE_HOP
PULSE_BATCH = 512
_SPREAD_S = 0.0006  # random group delay above 3 kHz: removes the buzz
_NO_DC_HZ = 45.0

#: Share of noise in the power: (dB in the lows, dB in the highs, turnover frequency in Hz).
APERIODICITY: dict[PhonemeClass, tuple[float, float, float]] = {
    PhonemeClass.VOWEL: (-37.0, -7.0, 4700.0),
    PhonemeClass.SONORANT: (-38.0, -10.0, 5200.0),
    PhonemeClass.VOICED_FRICATIVE: (-22.0, -0.5, 2200.0),
    PhonemeClass.VOICED_STOP: (-25.0, -3.0, 3200.0),
}
KINDS = tuple(APERIODICITY)


@dataclass(frozen=True)
class Instants:
    """Synthesis instants; every array is [n]."""

    song_s: Curve  # from the clip's start
    speech_s: Curve  # position in the envelopes
    gain: Curve  # linear
    kind: npt.NDArray[np.int64]  # index into KINDS


@cache
def noise_shares() -> torch.Tensor:
    """Return the noise share of the power for each of KINDS, [kinds, BINS], 0..1."""
    octaves = torch.log2(bin_frequencies_hz().clamp_min(BIN_HZ))
    rows = []
    for low_db, high_db, turn_hz in APERIODICITY.values():
        rise = torch.sigmoid(3 * (octaves - math.log2(turn_hz)))
        rows.append(10 ** ((low_db + (high_db - low_db) * rise) / 10))
    return torch.stack(rows)


@cache
def _dispersion() -> torch.Tensor:
    """Return the phase of an all-pass, [BINS] radians, with smooth random group delay in the highs."""
    knots = np.random.default_rng(7).standard_normal(BINS // 12 + 3)
    wander = torch.from_numpy(np.interp(np.arange(BINS) / 12, np.arange(len(knots)), knots))
    delay_s = _SPREAD_S * torch.sigmoid((bin_frequencies_hz() - 3000) / 500) * wander
    return (-2 * math.pi * BIN_HZ * torch.cumsum(delay_s, 0)).float()


def read_envelopes(envelopes: torch.Tensor, speech_s: Curve) -> torch.Tensor:
    """Interpolate log-power envelopes [frames, BINS] linearly at `speech_s`; return [n, BINS]."""
    position = np.clip(speech_s / HOP_S, 0, len(envelopes) - 1)
    low = torch.from_numpy(position.astype(np.int64))
    high = (low + 1).clamp_max(len(envelopes) - 1)
    share = torch.from_numpy(position).float()[:, None] - low[:, None]
    return torch.lerp(envelopes[low], envelopes[high], share)


def minimum_phase(log_power: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (log amplitude, phase in radians) of the minimum-phase filters, each [n, BINS]."""
    cepstrum = torch.fft.irfft(log_power / 2, SYNTHESIS_FFT)
    half = SYNTHESIS_FFT // 2
    cepstrum[:, 1:half] *= 2
    cepstrum[:, half + 1 :] = 0
    spectrum = torch.fft.rfft(cepstrum)
    return spectrum.real, spectrum.imag


def pulses(envelopes: torch.Tensor, at: Instants, f0_hz: Curve, length: int) -> torch.Tensor:
    """Return the voiced sound, float32 [length]: one filtered pulse at each instant.

    Overlapping pulses are added one by one, in order, so that the sum does not depend on scheduling.
    """
    out = np.zeros(length + SYNTHESIS_FFT, np.float32)
    place = at.song_s * SAMPLE_RATE_HZ
    level = at.gain * np.sqrt(SAMPLE_RATE_HZ / f0_hz)
    for first in range(0, len(place), PULSE_BATCH):
        part = slice(first, first + PULSE_BATCH)
        responses = _responses(envelopes, at, part, place[part] % 1, level[part]).numpy()
        for start, response in zip(place[part].astype(np.int64), responses, strict=True):
            out[start : start + SYNTHESIS_FFT] += response
    return torch.from_numpy(out[:length])


def _responses(envelopes: torch.Tensor, at: Instants, part: slice, late: Curve, level: Curve) -> torch.Tensor:
    """Return filtered pulses [n, SYNTHESIS_FFT], each delayed by `late` samples (0..1)."""
    voiced = torch.log1p(-noise_shares())
    log_power = read_envelopes(envelopes, at.speech_s[part]) + voiced[torch.from_numpy(at.kind[part])]
    log_power += effort_db(at.gain[part], bin_frequencies_hz()) * DB_TO_LOG_POWER
    log_amplitude, phase = minimum_phase(log_power)
    delay = torch.arange(BINS) * (-2 * math.pi / SYNTHESIS_FFT)
    phase = phase + torch.from_numpy(late).float()[:, None] * delay + _dispersion()
    frequency_hz = bin_frequencies_hz()
    amplitude = torch.exp(log_amplitude) * (frequency_hz / (frequency_hz + _NO_DC_HZ))
    amplitude *= torch.from_numpy(level).float()[:, None]
    # exp of a complex tensor is four times slower than this
    spectra = torch.complex(amplitude * torch.cos(phase), amplitude * torch.sin(phase))
    responses: torch.Tensor = torch.fft.irfft(spectra, SYNTHESIS_FFT)
    return responses


def breath(
    envelopes: torch.Tensor, at: Instants, extra_db: float, length: int, rng: np.random.Generator
) -> torch.Tensor:
    """Return the breath noise, float32 [length]. `at.song_s` must be spaced NOISE_HOP samples, from 0."""
    count = len(at.song_s)
    noise = torch.from_numpy(rng.standard_normal((count + 1) * NOISE_HOP, np.float32))
    pieces = noise.unfold(0, NOISE_WINDOW, NOISE_HOP) * torch.hann_window(NOISE_WINDOW)
    margin = (SYNTHESIS_FFT - NOISE_WINDOW) // 2  # room on both sides for the filter's ringing
    spectra = torch.fft.rfft(torch.nn.functional.pad(pieces, (margin, margin)))
    shares = torch.log(noise_shares()) + _extra_breath(extra_db)
    log_power = read_envelopes(envelopes, at.speech_s) + shares[torch.from_numpy(at.kind)].clamp_max(0)
    amplitude = torch.exp(log_power / 2) * torch.from_numpy(at.gain).float()[:, None]
    frames = torch.fft.irfft(spectra * amplitude, SYNTHESIS_FFT)
    return overlap_add(frames)[SYNTHESIS_FFT // 2 :][:length]


def _extra_breath(extra_db: float) -> torch.Tensor:
    """Return [kinds, 1] log power: a singer's breathiness affects only vowels and sonorants."""
    open_throat = (PhonemeClass.VOWEL, PhonemeClass.SONORANT)
    return torch.tensor([[extra_db * DB_TO_LOG_POWER if kind in open_throat else 0.0] for kind in KINDS])


def overlap_add(frames: torch.Tensor) -> torch.Tensor:
    """Overlap-add frames [n, SYNTHESIS_FFT] at NOISE_HOP: [(n - 1) * NOISE_HOP + SYNTHESIS_FFT]."""
    count, size = frames.shape
    steps = -(-size // NOISE_HOP)
    rows = torch.nn.functional.pad(frames, (0, steps * NOISE_HOP - size)).reshape(count, steps, NOISE_HOP)
    total = torch.zeros(count + steps - 1, NOISE_HOP)
    for step in range(steps):
        total[step : step + count] += rows[:, step]
    return total.reshape(-1)[: (count - 1) * NOISE_HOP + size]
