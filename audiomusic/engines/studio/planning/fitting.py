"""Fit tempo and bars to a length, for songs with their last chord and for seamless loops."""

from __future__ import annotations

import math
from dataclasses import replace

from audiomusic.engines.studio.score import Metre

STRETCH = 0.03  # how far a tempo that was not requested may move to fit a length
RING_S = (1.2, 4.0)  # comfortable length of the last chord


def wanted_ring_s(metre: Metre, music_s: float) -> float:
    """Return how long the last chord should ring after that much music."""
    return max(RING_S[0], min(RING_S[1], metre.bar_s, 0.25 * music_s))


def fit_tempo(
    metre: Metre, duration_s: float, movable: bool, within: tuple[float, float] | None = None
) -> tuple[Metre, float]:
    """Return (metre, bars of music before the last chord) that fill the length.

    A movable tempo changes by whole bpm, by up to 3 % and within the range `within`, to get whole bars. In
    short pieces, and with long bars, the music may end on any beat.
    """
    tempi = _tempi_near(metre.bpm, within) if movable else []
    options = [option for bpm in tempi for option in _endings(replace(metre, bpm=bpm), duration_s)]
    if options:
        return min(options, key=lambda ending: _unevenness(ending[0], ending[1], metre.bpm, duration_s))
    least_ring_s = min(RING_S[0], 0.3 * duration_s)
    bars = (duration_s - least_ring_s) / metre.bar_s
    step = 1.0 if bars >= 6 and metre.bar_s < RING_S[1] else 1 / metre.pulses
    return metre, math.floor(bars / step + 1e-9) * step


def _tempi_near(bpm: float, within: tuple[float, float] | None) -> list[float]:
    least, most = within or (0.0, math.inf)
    lowest, highest = math.ceil(max(least, bpm * (1 - STRETCH))), math.floor(min(most, bpm * (1 + STRETCH)))
    return [float(whole) for whole in range(lowest, highest + 1)]


def _endings(metre: Metre, duration_s: float) -> list[tuple[Metre, float]]:
    """Return whole bar counts that leave the last chord a comfortable length."""
    most = int((duration_s - RING_S[0]) / metre.bar_s)
    counts = (bars for bars in range(max(2, most - 2), most + 1))
    return [(metre, float(bars)) for bars in counts if duration_s - bars * metre.bar_s <= RING_S[1]]


def _unevenness(metre: Metre, bars: float, bpm: float, duration_s: float) -> float:
    """Rate how awkward an ending is: a changed tempo, an odd bar count, a last chord too short or long."""
    ring_s = duration_s - bars * metre.bar_s
    moved = abs(metre.bpm / bpm - 1) / STRETCH
    return moved + (0.6 if bars % 2 else 0.0) + 0.3 * abs(ring_s - wanted_ring_s(metre, duration_s))


def fit_loop(metre: Metre, duration_s: float) -> tuple[Metre, float]:
    """Return (metre, bars) of this exact length: whole bars if the tempo changes little, else whole beats."""
    pulses = metre.pulses
    bars = duration_s / metre.bar_s
    even = max(1, 2 ** round(math.log2(max(bars, 0.5))))
    for count in (float(even), float(max(1, round(bars))), max(1, round(bars * pulses)) / pulses):
        factor = count * metre.bar_s / duration_s
        if abs(factor - 1) <= STRETCH or count * pulses == max(1, round(bars * pulses)):
            break
    return replace(metre, bpm=metre.bpm * factor), count
