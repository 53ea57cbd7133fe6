"""The K-weighting of ITU-R BS.1770-4, and loudness by it without torch, whose import alone takes as long as
analysing a minute of music."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

BLOCK_S, STEP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0

#: The two K-weighting biquads as analogue prototypes (frequency in Hz, Q, gains of the highpass, bandpass and
#: lowpass parts), from which coefficients for any sample rate follow. The values at 48 kHz reproduce tables 1
#: and 2 of BS.1770-4: B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES
#: 145 (2018).
SHELF_HZ, SHELF_Q, SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
HIGHPASS_HZ, HIGHPASS_Q = 38.13547087602444, 0.5003270373238773


def shelf(rate_hz: int) -> tuple[list[float], list[float]]:
    k = math.tan(math.pi * SHELF_HZ / rate_hz)
    high = 10.0 ** (SHELF_DB / 20)
    band = high**0.499666774155
    norm = 1 + k / SHELF_Q + k * k
    b = [(high + band * k / SHELF_Q + k * k), 2 * (k * k - high), (high - band * k / SHELF_Q + k * k)]
    return [x / norm for x in b], [1.0, 2 * (k * k - 1) / norm, (1 - k / SHELF_Q + k * k) / norm]


def highpass(rate_hz: int) -> tuple[list[float], list[float]]:
    k = math.tan(math.pi * HIGHPASS_HZ / rate_hz)
    norm = 1 + k / HIGHPASS_Q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / norm, (1 - k / HIGHPASS_Q + k * k) / norm]


def loudness_lufs(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """Return the integrated loudness of [frames, channels], within a tenth of a LU of
    `loudness.integrated_loudness`; minus infinity for silence and for less than a block."""
    size, step = round(BLOCK_S * rate_hz), round(STEP_S * rate_hz)
    weights = _power_weights(size, rate_hz)
    powers = np.array(
        [
            sum(_weighted_power(samples[start : start + size, channel], weights) for channel in range(2))
            for start in range(0, len(samples) - size + 1, step)
        ]
    )
    loud = powers[powers > 10 ** ((ABSOLUTE_GATE_LUFS + 0.691) / 10)]
    if not loud.size:
        return -math.inf
    gate = loud.mean() * 10 ** (RELATIVE_GATE_LU / 10)
    return float(-0.691 + 10 * np.log10(loud[loud > gate].mean()))


def _weighted_power(block: npt.NDArray[np.float32], weights: npt.NDArray[np.float64]) -> float:
    spectrum = np.fft.rfft(block)
    return float((np.square(np.abs(spectrum)) * weights).sum())


def _power_weights(size: int, rate_hz: int) -> npt.NDArray[np.float64]:
    """Return each rfft bin's weight, such that the weighted sum of energies is the K-weighted power."""
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones_like(delay)
    for b, a in (shelf(rate_hz), highpass(rate_hz)):
        response *= (b[0] + delay * (b[1] + delay * b[2])) / (a[0] + delay * (a[1] + delay * a[2]))
    weights = np.square(np.abs(response)) * 2 / size**2
    weights[0] /= 2
    return np.asarray(weights, np.float64)
