"""The long-term spectrum of a sound, and the filter that moves it towards a target curve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import FIR_TAPS, bins_hz, magnitude_fir

#: A curve over frequency: (Hz, dB) corners, interpolated linearly over log frequency.
Curve = tuple[tuple[float, float], ...]

FRAME = 1 << 15  # FFT size for measuring the tone
BIN_HZ = SAMPLE_RATE_HZ / FRAME
HALF_BAND = 1.22  # frequency ratio that a band extends to either side of its centre
SILENT_DB = -120.0
MIDDLE_HZ = (350.0, 3500.0)


def band_levels_db(waves: Iterable[Tensor], curve: Curve) -> npt.NDArray[np.float64]:
    """Return the total energy of mono waves [n], in dB, in a band around each corner of `curve`."""
    total = np.full(len(curve), 10 ** (SILENT_DB / 10))
    for wave in waves:
        power = _power_spectrum(wave).cumsum(0)
        for number, (centre_hz, _) in enumerate(curve):
            low, high = int(centre_hz / HALF_BAND / BIN_HZ), int(centre_hz * HALF_BAND / BIN_HZ)
            total[number] += float(power[min(high, len(power) - 1)] - power[low])
    return np.asarray(10 * np.log10(total))


def _power_spectrum(wave: Tensor) -> Tensor:
    """Return the energy spectrum of a mono wave [n], float64 [FRAME // 2 + 1].

    Windows overlap by half, after P. D. Welch, "The use of fast Fourier transform for the estimation of
    power spectra" (1967).
    """
    half = FRAME // 2
    padded = torch.nn.functional.pad(wave.float(), (half, half + -wave.shape[0] % half))
    spectra = torch.fft.rfft(padded.unfold(0, FRAME, half) * torch.hann_window(FRAME))
    power = spectra.real.square().sum(0) + spectra.imag.square().sum(0)
    energy: Tensor = power.double() * (4 / 3 / FRAME)
    return energy


@dataclass(frozen=True)
class Bounds:
    """Maximum correction in dB. Boosts below `bass_hz`, where there may be only rumble, are limited more."""

    most_db: float
    bass_hz: float = 0.0
    most_bass_db: float = 0.0


def correction_db(waves: Iterable[Tensor], wanted: Curve, bounds: Bounds) -> Curve:
    """Return the correction in dB that gives the waves, taken together, the tone `wanted`.

    The middle of the spectrum is the reference, so that loudness stays the same.
    """
    centres_hz, levels_db = np.array(wanted).T
    missing = levels_db - band_levels_db(waves, wanted)
    middle = (centres_hz > MIDDLE_HZ[0]) & (centres_hz < MIDDLE_HZ[1])
    up_db = np.where(centres_hz < bounds.bass_hz, bounds.most_bass_db, bounds.most_db)
    change = np.clip(missing - np.median(missing[middle]), -bounds.most_db, up_db)
    return tuple(zip(centres_hz.tolist(), change.tolist(), strict=True))


def tone_fir(curve: Curve, low_cut_hz: float, slope: float) -> Tensor:
    """Return a zero-phase FIR of a curve with a low cut of 6 dB per octave per `slope`."""
    f_hz = bins_hz(FIR_TAPS + 1).clamp(min=1.0)
    corners_hz, gains_db = np.array(curve).T
    gain_db = torch.from_numpy(np.interp(np.log(f_hz.numpy()), np.log(corners_hz), gains_db)).float()
    cut = (1 + (low_cut_hz / f_hz) ** (2 * slope)) ** -0.5
    return magnitude_fir(10 ** (gain_db / 20) * cut)
