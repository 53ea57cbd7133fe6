"""The long-term tone of a sound, and the filter that brings it nearer to a wanted one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.synth.signals import FIR_TAPS, bins_hz, fast_size, magnitude_fir

#: A curve over frequency: (Hz, dB) corners, joined by straight lines over the logarithm of Hz.
Curve = tuple[tuple[float, float], ...]

HALF_BAND = 1.22  # bands reach this ratio to either side of their centres
SILENT_DB = -120.0
MIDDLE_HZ = (350.0, 3500.0)


def band_levels_db(waves: Iterable[Tensor], curve: Curve) -> npt.NDArray[np.float64]:
    """Energy of mono waves [n] together, in dB, in a band round each corner of `curve`."""
    total = np.full(len(curve), 10 ** (SILENT_DB / 10))
    for wave in waves:
        size = fast_size(max(2, wave.shape[0]))
        spectrum = torch.fft.rfft(wave.float(), n=size)
        power = (spectrum.real.square() + spectrum.imag.square()).double().cumsum(0)
        bin_hz = SAMPLE_RATE_HZ / size
        for number, (centre_hz, _) in enumerate(curve):
            low, high = int(centre_hz / HALF_BAND / bin_hz), int(centre_hz * HALF_BAND / bin_hz)
            total[number] += float(power[min(high, len(power) - 1)] - power[low]) / size
    return np.asarray(10 * np.log10(total))


@dataclass(frozen=True)
class Bounds:
    """How far a tone may be moved, in dB: under `bass_hz`, where there may be only rumble, up by less."""

    most_db: float
    bass_hz: float = 0.0
    most_bass_db: float = 0.0


def correction_db(waves: Iterable[Tensor], wanted: Curve, bounds: Bounds) -> Curve:
    """What to add to some waves, all taken together, so that their tone becomes `wanted`.

    Loudness is left alone, by the middle of the spectrum.
    """
    centres_hz, levels_db = np.array(wanted).T
    missing = levels_db - band_levels_db(waves, wanted)
    middle = (centres_hz > MIDDLE_HZ[0]) & (centres_hz < MIDDLE_HZ[1])
    up_db = np.where(centres_hz < bounds.bass_hz, bounds.most_bass_db, bounds.most_db)
    change = np.clip(missing - np.median(missing[middle]), -bounds.most_db, up_db)
    return tuple(zip(centres_hz.tolist(), change.tolist(), strict=True))


def tone_fir(curve: Curve, low_cut_hz: float, slope: float) -> Tensor:
    """A curve above a low cut of 6 dB an octave per `slope`, as a zero-phase FIR."""
    f_hz = bins_hz(FIR_TAPS + 1).clamp(min=1.0)
    corners_hz, gains_db = np.array(curve).T
    gain_db = torch.from_numpy(np.interp(np.log(f_hz.numpy()), np.log(corners_hz), gains_db)).float()
    cut = (1 + (low_cut_hz / f_hz) ** (2 * slope)) ** -0.5
    return magnitude_fir(10 ** (gain_db / 20) * cut)
