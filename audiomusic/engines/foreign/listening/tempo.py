"""Finds the pulse: its tempo and the positions of its beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.listening.spectra import FRAMES_S, Array, Spectra

SLOWEST_BPM, FASTEST_BPM = 50.0, 210.0
USUAL_BPM, SPREAD = 112.0, 0.75  # octaves
TIGHTNESS = 90.0  # cost of beats that are early or late
AFTER_BEATS, WEIGHTS = np.array([1, 2, 3, 4, 6, 8]), np.array([0.3, 0.2, 0.08, 0.22, 0.05, 0.15])
BETWEEN_BEATS, BETWEEN_COST = np.array([1.5, 2.5, 4 / 3, 8 / 3]), 0.2
LONGEST_S = 10.0
LEAST_PULSE = 0.05  # minimum autocorrelation of the onsets


@dataclass(frozen=True)
class Pulse:
    """`strength` 0..1: how clear it is. `beats`: in seconds."""

    bpm: float
    beats: npt.NDArray[np.float64]
    strength: float
    octave_margin: float  # 0..1: how clearly it is this tempo rather than twice or half of it


def find_pulse(spectra: Spectra) -> Pulse | None:
    """Return the pulse, or None for silence or audio that does not repeat."""
    onsets = spectra.onsets
    correlation = repetitions(onsets)
    if correlation is None:
        return None
    candidates = np.geomspace(SLOWEST_BPM, FASTEST_BPM, 600)
    fits = np.array([fit_of(correlation, 60 * FRAMES_S / bpm) for bpm in candidates])
    weighted = fits * np.exp(-0.5 * (np.log2(candidates / USUAL_BPM) / SPREAD) ** 2)
    best = int(np.argmax(weighted))
    if fits[best] < LEAST_PULSE:
        return None
    bpm = _refined(onsets, candidates[best])
    beats = track(onsets, bpm)
    return Pulse(bpm, beats, float(min(1.0, fits[best])), _margin(candidates, weighted, best))


def repetitions(onsets: Array) -> npt.NDArray[np.float64] | None:
    """Return the autocorrelation of the onsets for lags of up to ten seconds, in frames; None for silence."""
    return _autocorrelation(onsets, round(LONGEST_S * FRAMES_S))


def _autocorrelation(onsets: Array, longest: int) -> npt.NDArray[np.float64] | None:
    curve = onsets - onsets.mean()
    size = 1 << (2 * len(curve) - 1).bit_length()
    power = np.abs(np.fft.rfft(curve, size)) ** 2
    whole = np.fft.irfft(power)[: longest + 2]
    if whole[0] < 1e-3 or len(curve) < longest // 2:
        return None
    counts = len(curve) - np.arange(len(whole))
    fair: npt.NDArray[np.float64] = whole / np.maximum(counts, 1) * len(curve) / whole[0]
    return fair


def fit_of(correlation: npt.NDArray[np.float64], lag: float) -> float:
    """Return how well everything repeats after one to eight beats, and not between them."""
    places = np.arange(len(correlation))
    at = np.interp(lag * AFTER_BEATS, places, correlation, right=0)
    between = np.interp(lag * BETWEEN_BEATS, places, correlation, right=0)
    return float(at @ WEIGHTS - BETWEEN_COST * between.mean())


def _margin(candidates: npt.NDArray[np.float64], fits: npt.NDArray[np.float64], best: int) -> float:
    others = [
        float(np.interp(candidates[best] * factor, candidates, fits, left=0, right=0)) for factor in (0.5, 2)
    ]
    return float(np.clip(1 - max(others) / (fits[best] + 1e-9), 0, 1))


def _refined(onsets: Array, bpm: float) -> float:
    """Return the nearby tempo that fits the whole piece best: a line in the spectrum of the onsets."""
    moments = np.arange(len(onsets)) / FRAMES_S
    near = bpm * np.linspace(0.96, 1.04, 321)
    shape = np.hanning(len(onsets))
    waves = np.exp(-2j * np.pi * np.outer(near / 60, moments))
    doubled = np.exp(-4j * np.pi * np.outer(near / 60, moments))
    strength = np.abs(waves @ (onsets * shape)) + np.abs(doubled @ (onsets * shape))
    centre = np.exp(-0.5 * (np.linspace(-1, 1, 321) / 0.6) ** 2)
    return float(near[int(np.argmax(strength * centre))])


def track(onsets: Array, bpm: float) -> npt.NDArray[np.float64]:
    """Track beats by dynamic programming (Ellis 2007): on onsets, and evenly spaced."""
    period = 60 * FRAMES_S / bpm
    reach = np.arange(round(period / 2), round(2 * period) + 1)
    cost = -TIGHTNESS * np.log(reach / period) ** 2
    kernel = np.exp(-0.5 * (np.arange(-round(period), round(period) + 1) * 32 / period) ** 2)
    local = np.convolve(onsets, kernel, mode="same")
    score, back = local.astype(np.float64).copy(), np.full(len(local), -1)
    for now in range(int(reach[0]), len(local)):
        earlier = now - reach
        known = earlier >= 0
        if not known.any():
            continue
        totals = score[earlier[known]] + cost[known]
        best = int(np.argmax(totals))
        if totals[best] > 0:
            score[now] += totals[best]
            back[now] = earlier[known][best]
    place = int(np.argmax(score[-round(period * 1.5) :])) + max(0, len(score) - round(period * 1.5))
    found = []
    while place >= 0:
        found.append(place)
        place = int(back[place])
    return np.array(found[::-1], dtype=np.float64) / FRAMES_S
