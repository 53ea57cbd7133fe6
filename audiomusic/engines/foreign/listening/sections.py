"""Finds where a song changes, and which of its sections are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.listening.metre import beat_chroma
from audiomusic.engines.foreign.listening.spectra import FRAMES_S, PITCH_FRAMES_S, Spectra, chroma_of

Table = npt.NDArray[np.float64]

KERNEL_BARS = 4
LEAST_BARS = 4
LEAST_NOVELTY = 0.6  # standard deviations above the mean
ALIKE = 0.92  # cosine similarity from which two sections share a letter


@dataclass(frozen=True)
class HeardSection:
    label: str  # "A", "B"… in order of first appearance
    start_s: float
    end_s: float


def find_sections(spectra: Spectra, downbeats: Table) -> list[HeardSection]:
    """Cut where the bars before and after differ most (Foote's novelty), and letter the sections by
    similarity."""
    end_s = spectra.duration_s
    if len(downbeats) < 2 * LEAST_BARS:
        return [HeardSection("A", 0.0, end_s)]
    bars = _bars(spectra, downbeats)
    cuts = [0, *_cuts(bars), len(bars)]
    means = [bars[start:stop].mean(axis=0) for start, stop in zip(cuts, cuts[1:], strict=False)]
    edges = [0.0, *(float(downbeats[cut]) for cut in cuts[1:-1]), end_s]
    return [
        HeardSection(label, start, stop)
        for label, start, stop in zip(_letters(means), edges, edges[1:], strict=False)
    ]


def _bars(spectra: Spectra, downbeats: Table) -> Table:
    """Return the harmony, pitch content and onset activity of each bar as unit vectors."""
    chroma = beat_chroma(chroma_of(spectra.pitches, 40, 88), downbeats)
    height = beat_chroma(spectra.pitches.reshape(len(spectra.pitches), -1), downbeats)
    flux = beat_chroma(spectra.flux, downbeats * FRAMES_S / PITCH_FRAMES_S)
    columns = [table / (np.linalg.norm(table, axis=1).mean() + 1e-9) for table in (chroma, height, flux)]
    joined = np.concatenate(columns, axis=1)
    unit: Table = joined / (np.linalg.norm(joined, axis=1, keepdims=True) + 1e-9)
    return unit


def _cuts(bars: Table) -> list[int]:
    alike = bars @ bars.T
    novelty = np.zeros(len(bars))
    for at in range(2, len(bars) - 1):
        reach = min(KERNEL_BARS, at, len(bars) - at)
        before, after = slice(at - reach, at), slice(at, at + reach)
        inside = alike[before, before].mean() + alike[after, after].mean()
        novelty[at] = (inside - 2 * alike[before, after].mean()) * reach / KERNEL_BARS
    least = novelty.mean() + LEAST_NOVELTY * novelty.std()
    found: list[int] = []
    for at in np.argsort(-novelty):
        is_free = all(abs(at - other) >= LEAST_BARS for other in (0, len(bars), *found))
        if novelty[at] > least and is_free:
            found.append(int(at))
    return sorted(found)


def _letters(means: list[Table]) -> list[str]:
    known: list[Table] = []
    letters = []
    for mean in means:
        fits = [
            float(mean @ other / (np.linalg.norm(mean) * np.linalg.norm(other) + 1e-9)) for other in known
        ]
        if not fits or max(fits) < ALIKE:
            known.append(mean)
            letters.append(len(known) - 1)
        else:
            letters.append(int(np.argmax(fits)))
    return [chr(ord("A") + min(letter, 25)) for letter in letters]
