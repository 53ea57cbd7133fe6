"""Match new audio to the loudness and brightness of its surroundings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.loudness import gated_loudness, hop_powers
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.units import db_to_gain

Samples = npt.NDArray[np.float32]

QUIETEST_LUFS = -60.0  # below this, there is nothing to match
MOST_LOUDER_DB, MOST_SOFTER_DB = 9.0, 40.0
EDGE_REACH_DB = 5.0  # how much the level at a join may differ from that of the whole new audio
TONE_SHARE, MOST_TONE_DB = 0.6, 5.0
TONE_EDGES_HZ = np.geomspace(40, 16_000, 27)  # third-octave bands
TONE_WINDOW = 8192


def loudness_of(sound: Samples) -> float | None:
    """Return the LUFS, or None for silence and for audio that is too short."""
    if sound.shape[1] < SAMPLE_RATE_HZ // 2:
        return None
    found = gated_loudness(hop_powers(np.ascontiguousarray(sound), SAMPLE_RATE_HZ))
    return float(found) if found > QUIETEST_LUFS else None


def gain_between(sound: Samples, model: Samples) -> float | None:
    """Return the gain in dB that makes `sound` as loud as `model`, or None if either is silent."""
    ours, theirs = loudness_of(sound), loudness_of(model)
    if ours is None or theirs is None:
        return None
    return float(np.clip(theirs - ours, -MOST_SOFTER_DB, MOST_LOUDER_DB))


def near(gain_db: float | None, whole_db: float, softer_db: float = EDGE_REACH_DB) -> float:
    """Return an edge's gain, limited to a range around that of the whole: at most `softer_db` below it."""
    if gain_db is None:
        return whole_db
    return float(np.clip(gain_db, whole_db - softer_db, whole_db + EDGE_REACH_DB))


def with_gains(sound: Samples, points: Sequence[tuple[int, float]]) -> Samples:
    """Apply a gain envelope. `points` are (sample, dB), in order; levels between them are interpolated in dB.
    Nothing exceeds the ceiling of a master."""
    places, levels = [place for place, _ in points], [level for _, level in points]
    gains = db_to_gain(1.0) ** np.interp(np.arange(sound.shape[1]), places, levels)
    made = np.ascontiguousarray(sound * gains.astype(np.float32))
    cells = mastering.peak_cells(made, False)
    curve = mastering.limiter_curve(cells, 1.0, db_to_gain(mastering.CEILING_DBTP), False)
    mastering._apply(made, curve, mastering.LIMITER_HOP, map)
    return made


def with_tone(sound: Samples, model: Samples) -> Samples:
    """Move `sound` part of the way to the spectral balance of `model`, so that repaired bars of an old
    recording have no more treble than their surroundings."""
    if model.shape[1] < TONE_WINDOW or sound.shape[1] < TONE_WINDOW:
        return sound
    ours, theirs = _thirds(sound), _thirds(model)
    both = np.isfinite(ours) & np.isfinite(theirs)
    if both.sum() < len(ours) // 2:
        return sound
    difference = np.where(both, theirs - ours, 0.0)
    difference -= difference[both].mean()
    wished = np.clip(TONE_SHARE * difference, -MOST_TONE_DB, MOST_TONE_DB)
    centres = np.sqrt(TONE_EDGES_HZ[:-1] * TONE_EDGES_HZ[1:])
    size = sound.shape[1] + TONE_WINDOW
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    curve_db = np.interp(np.log(np.maximum(frequencies, 1.0)), np.log(centres), wished)
    gains = (db_to_gain(1.0) ** curve_db).astype(np.float32)
    rows = [np.fft.irfft(np.fft.rfft(row, size) * gains, size)[: sound.shape[1]] for row in sound]
    return np.stack(rows).astype(np.float32)


def _thirds(sound: Samples) -> npt.NDArray[np.float64]:
    """Return the mean dB per third of an octave; -inf if there is none."""
    mono = sound.mean(axis=0)
    count = max(1, min(64, len(mono) // TONE_WINDOW))
    starts = np.linspace(0, len(mono) - TONE_WINDOW, count).astype(int)
    window = np.hanning(TONE_WINDOW).astype(np.float32)
    power = np.mean(
        [np.abs(np.fft.rfft(mono[start : start + TONE_WINDOW] * window)) ** 2 for start in starts], axis=0
    )
    edges = np.clip(np.round(TONE_EDGES_HZ * TONE_WINDOW / SAMPLE_RATE_HZ).astype(int), 1, len(power) - 1)
    with np.errstate(divide="ignore"):
        levels = [
            10 * np.log10(power[low : max(high, low + 1)].mean())
            for low, high in zip(edges, edges[1:], strict=False)
        ]
    return np.array(levels)
