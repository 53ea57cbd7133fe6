"""Decides whether people would count the first guess of the beat, or half, one and a half or twice its tempo.

Self-similarity does not tell, since twice the tempo repeats as well. Instead each option is judged by what
happens at its beats: chords change every second or fourth beat and seldom within, onsets fall on beats and
their halves, and few songs are very slow or very fast. The weights are a conditional logit, fitted to 77
songs of the studio, seeds from 1000 on, of all genres; `bench analysis` evaluates on others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.listening.metre import beat_chroma, peak_near
from audiomusic.engines.foreign.listening.spectra import FRAMES_S, Spectra, chroma_of
from audiomusic.engines.foreign.listening.tempo import (
    Pulse,
    fit_of,
    repetitions,
    track,
)

COUNTS = (0.5, 1.0, 1.5, 2.0)
SLOWEST_BPM, FASTEST_BPM = 48.0, 215.0
MIDDLE_BPM = 110.0
LAGS = (1, 2, 3, 4)  # beats between chord changes
BETWEEN = (1 / 2, 1 / 3, 1 / 4)  # positions of onsets between beats
LOUD_PERCENTILE = 90
#: log2 of the tempo over the middle one, its square, repetition; similarity of chord changes at lags of 1 to
#: 4 beats, their mean size; the share of beats, halves, thirds and quarters with an onset; the level on
#: beats.
WEIGHTS = np.array([0.29, -2.84, 3.56, -0.92, 1.28, 1.35, 3.35, 8.09, 4.41, 2.82, -2.75, -2.26, 1.19])

Features = npt.NDArray[np.float64]


def counted(spectra: Spectra, pulse: Pulse) -> Pulse:
    """Return the pulse as people would most likely count it. `octave_margin`: its probability among the
    options."""
    correlation = repetitions(spectra.onsets)
    tempos = [pulse.bpm * count for count in COUNTS if SLOWEST_BPM <= pulse.bpm * count <= FASTEST_BPM]
    if correlation is None or len(tempos) < 2:
        return pulse
    tracks = [track(spectra.onsets, bpm) for bpm in tempos]
    fits = [
        float(WEIGHTS @ _features(spectra, bpm, beats, fit_of(correlation, 60 * FRAMES_S / bpm)))
        if len(beats) > 2 * max(LAGS)
        else -np.inf
        for bpm, beats in zip(tempos, tracks, strict=True)
    ]
    best = int(np.argmax(fits))
    if not np.isfinite(fits[best]):
        return pulse
    shares = np.exp(np.array(fits) - fits[best])
    margin = float(np.clip(1 / shares.sum(), 0, 1))
    return replace(pulse, bpm=tempos[best], beats=tracks[best], octave_margin=margin)


def _features(spectra: Spectra, bpm: float, beats: Features, fit: float) -> Features:
    onsets, distance = spectra.onsets, np.log2(bpm / MIDDLE_BPM)
    changes = _changes(spectra, beats)
    loud = np.percentile(onsets, LOUD_PERCENTILE)
    on_beats = peak_near(onsets, _frames(beats, len(onsets)))
    shares = [
        float((peak_near(onsets, _frames(beats[:-1] + share * np.diff(beats), len(onsets))) > loud).mean())
        for share in BETWEEN
    ]
    return np.array(
        [
            distance,
            distance**2,
            fit,
            *(_likeness(changes, lag) for lag in LAGS),
            changes.mean(),
            (on_beats > loud).mean(),
            *shares,
            np.log(on_beats.mean() + 0.1),
        ]
    )


def _frames(moments: Features, count: int) -> npt.NDArray[np.int64]:
    return np.clip((moments * FRAMES_S).round().astype(np.int64), 0, count - 1)


def _changes(spectra: Spectra, beats: Features) -> Features:
    """Return how much the harmony changes at each beat."""
    chroma = beat_chroma(chroma_of(spectra.pitches, 28, 76), beats)
    unit = chroma / (np.linalg.norm(chroma, axis=1, keepdims=True) + 1e-9)
    return np.concatenate([[0.0], 1 - (unit[1:] * unit[:-1]).sum(axis=1)])


def _likeness(values: Features, lag: int) -> float:
    """Return the autocorrelation of the values at `lag`, -1 to 1."""
    centred = values - values.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / ((centred**2).mean() + 1e-9))
