"""Spectral envelopes: the response of the vocal tract, without the pitch.

CheapTrick (M. Morise, "CheapTrick, a spectral envelope estimator for high-quality speech
synthesis", Speech Communication 67, 2015), for a known, constant pitch.
"""

from __future__ import annotations

import math
from functools import cache

import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ

HOP_S = 0.005
ANALYSIS_FFT = 1024
SYNTHESIS_FFT = 1024
BINS = SYNTHESIS_FFT // 2 + 1
BIN_HZ = SAMPLE_RATE_HZ / SYNTHESIS_FFT
DB_TO_LOG_POWER = math.log(10) / 10
_FLOOR = 1e-12  # of full-scale power: keeps the log of silence finite
_Q1 = -0.15  # CheapTrick's spectral recovery
#: The speech is unreliable above this frequency; the envelope at it is extended upwards, falling.
_TOP_HZ = 9500.0
_FALL_DB_PER_OCTAVE = 14.0


def bin_frequencies_hz() -> torch.Tensor:
    """Return the centre frequencies of the synthesis bins, [BINS]."""
    return torch.arange(BINS, dtype=torch.float32) * BIN_HZ


def analyse(samples: torch.Tensor, rate_hz: int, f0_hz: float, formant_shift: float = 1.0) -> torch.Tensor:
    """Return log-power envelopes on the synthesis bins, [frames, BINS], one every HOP_S from time 0.

    samples: float [n], voiced at `f0_hz`. Formants are shifted up by the ratio `formant_shift`.
    Levels are such that one pulse per period through the envelope's filter, scaled by the square root of
    the period in samples, gives `samples`.
    """
    smoothing, reshaping = _operators(rate_hz, f0_hz, formant_shift)
    power = _windowed_power(samples, rate_hz, f0_hz)
    log_power = torch.log(power @ smoothing + _FLOOR) @ reshaping
    return log_power - _fall_db(formant_shift) * DB_TO_LOG_POWER


@cache
def _operators(rate_hz: int, f0_hz: float, formant_shift: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return CheapTrick's linear steps as matrices, [bins, bins] on powers and [bins, BINS] on logs."""
    identity = torch.eye(ANALYSIS_FFT // 2 + 1, dtype=torch.float64)
    bin_hz = rate_hz / ANALYSIS_FFT
    smoothing = _smooth(_mirror_below_f0(identity, f0_hz / bin_hz), 2 / 3 * f0_hz / bin_hz)
    liftered = _lifter(identity, rate_hz, f0_hz)
    read_hz = (bin_frequencies_hz().double() / formant_shift).clamp_max(_TOP_HZ)
    return smoothing.float(), _at(liftered, read_hz / bin_hz).float()


def _fall_db(formant_shift: float) -> torch.Tensor:
    """Return the attenuation of the bins above _TOP_HZ, relative to the last one read, [BINS]."""
    octaves_above = torch.log2((bin_frequencies_hz() / formant_shift / _TOP_HZ).clamp_min(1))
    return octaves_above * _FALL_DB_PER_OCTAVE


def _windowed_power(samples: torch.Tensor, rate_hz: int, f0_hz: float) -> torch.Tensor:
    """Return power spectra of Hann windows three periods long, [frames, ANALYSIS_FFT // 2 + 1]."""
    half = round(1.5 * rate_hz / f0_hz)
    window = torch.hann_window(2 * half + 1, periodic=False)
    window = window / window.square().sum().sqrt()
    frames = int(len(samples) / rate_hz / HOP_S) + 1
    centres = torch.round(torch.arange(frames) * HOP_S * rate_hz).long()
    padded = torch.nn.functional.pad(samples, (half, half + rate_hz))
    pieces = padded[centres[:, None] + torch.arange(2 * half + 1)] * window
    pieces = pieces - window * (pieces.mean(1, keepdim=True) / window.mean())
    spectra = torch.fft.rfft(pieces, ANALYSIS_FFT)
    power: torch.Tensor = spectra.real.square() + spectra.imag.square()
    return power


def _mirror_below_f0(power: torch.Tensor, f0_bins: float) -> torch.Tensor:
    """Fill the gap below the first harmonic with its mirror image."""
    count = int(f0_bins)
    mirrored = _at(power, f0_bins - torch.arange(count, dtype=torch.float64))
    return torch.cat([power[:, :count] + mirrored, power[:, count:]], 1)


def _at(rows: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Interpolate each row of [n, bins] linearly at fractional bin `positions` [m]; return [n, m]."""
    positions = positions.clamp(0, rows.shape[1] - 1.001)
    low = positions.floor().long()
    share = positions - low
    return rows[:, low] * (1 - share) + rows[:, low + 1] * share


def _smooth(power: torch.Tensor, width_bins: float) -> torch.Tensor:
    """Return a moving average over frequency, `width_bins` wide, mirrored at both ends."""
    margin = math.ceil(width_bins) + 1
    below, above = power[:, 1 : margin + 1].flip(1), power[:, -margin - 1 : -1].flip(1)
    total = torch.nn.functional.pad(torch.cumsum(torch.cat([below, power, above], 1), 1), (1, 0))
    centres = torch.arange(power.shape[1], dtype=torch.float64) + margin + 0.5
    averaged = (_at(total, centres + width_bins / 2) - _at(total, centres - width_bins / 2)) / width_bins
    return averaged.clamp_min(0)


def _lifter(log_power: torch.Tensor, rate_hz: int, f0_hz: float) -> torch.Tensor:
    """Smooth and sharpen in the cepstrum, which removes the remaining ripple of the pitch."""
    quefrency_s = torch.arange(ANALYSIS_FFT // 2 + 1, dtype=torch.float64) / rate_hz
    smoothing = torch.sinc(f0_hz * quefrency_s)
    recovery = (1 - 2 * _Q1) + 2 * _Q1 * torch.cos(2 * math.pi * f0_hz * quefrency_s)
    half = smoothing * recovery
    lifter = torch.cat([half, half[1:-1].flip(0)])
    cepstrum = torch.fft.irfft(log_power, ANALYSIS_FFT)
    liftered: torch.Tensor = torch.fft.rfft(cepstrum * lifter).real
    return liftered


def hum() -> torch.Tensor:
    """Return the envelope of a closed-mouth "mm", [1, BINS], for lines that cannot be pronounced."""
    frequency_hz = bin_frequencies_hz()
    power = torch.zeros(BINS)
    for centre_hz, bandwidth_hz, level_db in ((260, 80, 0), (1050, 160, -26), (2250, 250, -34)):
        distance = (frequency_hz - centre_hz) / (bandwidth_hz / 2)
        power += 10 ** (level_db / 10) / (1 + distance.square())
    tilt_db = 9 * torch.log2((frequency_hz / 500).clamp_min(1))
    return (torch.log(power * 0.01 + _FLOOR) - tilt_db * DB_TO_LOG_POWER)[None]
