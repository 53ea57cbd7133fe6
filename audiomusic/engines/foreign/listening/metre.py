"""Groups beats into bars: three or four beats, each in halves or thirds, and which one is the downbeat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.listening.spectra import FRAMES_S, PITCH_FRAMES_S, Spectra, chroma_of
from audiomusic.engines.foreign.listening.tempo import Pulse

LOW_BANDS = 8  # of the flux: below about 250 Hz
TRIPLE_BONUS = 1.08  # a triple has fewer positions to match by chance than a quadruple, and is rarer
THIRDS_ALIKE, OVER_HALF, LEAST_THIRD = 0.7, 1.25, 0.2  # for the onsets of a compound beat


@dataclass(frozen=True)
class Bars:
    """`first`: the beat that starts the first whole bar. `confidence`: 0..1."""

    timesignature: str
    beats_a_bar: int
    first: int
    confidence: float


def find_bars(spectra: Spectra, pulse: Pulse) -> Bars:
    accents = beat_accents(spectra, pulse.beats)
    if len(accents) < 9:
        return Bars("4/4", 4, 0, 0.0)
    compound = _is_compound(spectra, pulse)
    fits = {size: _fit(accents, size) for size in (3, 4)}
    triple, quadruple = fits[3][0] * TRIPLE_BONUS, fits[4][0]
    confidence = float(np.clip(abs(triple - quadruple) / (triple + quadruple + 1e-9) * 4, 0, 1))
    if compound:
        return Bars("6/8", 2, _fit(accents, 2)[1], confidence)
    if triple > quadruple:
        return Bars("3/4", 3, fits[3][1], confidence)
    return Bars("4/4", 4, fits[4][1], confidence)


def beat_accents(spectra: Spectra, beats: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how much each beat stands out: onsets in the bass, onsets in general, and chord changes: [beats,
    3]."""
    frames = np.clip((beats * FRAMES_S).astype(int), 0, len(spectra.flux) - 1)
    low = peak_near(spectra.flux[:, :LOW_BANDS].sum(axis=1), frames)
    whole = peak_near(spectra.flux.sum(axis=1), frames)
    chroma = beat_chroma(chroma_of(spectra.pitches, 28, 76), beats)
    change = np.zeros(len(beats))
    if len(chroma) > 1:
        unit = chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9)
        change[1 : len(unit)] = 1 - (unit[1:] * unit[:-1]).sum(axis=1)
    columns = np.stack([low, whole, change], axis=1)
    scaled: npt.NDArray[np.float64] = (columns - columns.mean(axis=0)) / (columns.std(axis=0) + 1e-9)
    return scaled


def beat_chroma(frames: npt.NDArray[np.float32], beats: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean of the frames from each beat to the next: [beats, columns]."""
    edges = np.append(np.clip((beats * PITCH_FRAMES_S).round().astype(int), 0, len(frames)), len(frames))
    rows = [
        frames[start : max(stop, start + 1)].mean(axis=0)
        if start < len(frames)
        else np.zeros(frames.shape[1])
        for start, stop in zip(edges[:-1], edges[1:], strict=True)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), frames.shape[1])


def peak_near(curve: npt.NDArray[np.float32], frames: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    around = np.stack([curve[np.clip(frames + offset, 0, len(curve) - 1)] for offset in range(-4, 5)])
    peak: npt.NDArray[np.float64] = around.max(axis=0).astype(np.float64)
    return peak


def _fit(accents: npt.NDArray[np.float64], size: int) -> tuple[float, int]:
    """Return (how alike beats `size` apart are, plus how much one of them stands out; which one)."""
    weights = np.array([0.8, 0.5, 1.2])
    scaled = accents * weights
    alike = [
        float((scaled[lag:] * scaled[:-lag]).sum(axis=1).mean())
        for lag in (size, 2 * size)
        if lag < len(scaled)
    ]
    means = np.array([(accents[phase::size] @ weights).mean() for phase in range(size)])
    ordered = np.sort(means)
    stands_out = ordered[-1] - ordered[:-1].mean()
    return float(np.mean(alike) / (weights**2).sum() + 0.25 * stands_out), int(np.argmax(means))


def _is_compound(spectra: Spectra, pulse: Pulse) -> bool:
    """Return whether beats divide into thirds that are both played. A swung beat only has the second
    third."""
    onsets = spectra.onsets
    beats, gaps = pulse.beats[:-1], np.diff(pulse.beats)

    def played(share: float) -> float:
        frames = np.clip(((beats + share * gaps) * FRAMES_S).round().astype(int), 0, len(onsets) - 1)
        return float(peak_near(onsets, frames).mean())

    whole = played(0.0) + 1e-9
    first, half, second = played(1 / 3) / whole, played(0.5) / whole, played(2 / 3) / whole
    less, more = min(first, second), max(first, second)
    return less > THIRDS_ALIKE * more and less > half * OVER_HALF and less > LEAST_THIRD
