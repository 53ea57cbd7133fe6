"""Checks by ear whether a take keeps its planned tempo and key. Only needs numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.theory import PITCH_NAMES, SCALES, Mode, parse_key, tonality_of

Samples = npt.NDArray[np.float32]
Signal = npt.NDArray[np.floating]
KeySpan = tuple[float, str]  # start in seconds, key ("F# Minor")

#: Probe-tone ratings of Krumhansl and Kessler (Psychological Review 89, 1982), from the tonic upwards.
KEY_PROFILES = {
    "Major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "Minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
KEY_FRAMES = 16_384  # 2.9 Hz per bin: separates semitones from 100 Hz on
KEY_BAND_HZ = 100.0, 2000.0
KEY_SPECTRA = 150  # spread over the take

ONSET_FRAMES, ONSET_HOP = 1024, 512
ONSET_BANDS_HZ = (0, 150, 400, 1000, 2500, 6000, 16_000)
STRETCH_S, MOST_STRETCHES = 24.0, 4  # the excerpts that are analysed for the tempo
LEAST_TEMPO_S = 6.0  # less is too short for a reliable tempo
TEMPI_BPM = 60.0 * 1.005 ** np.arange(261)  # 60 to 219
COMB_TEETH = 8
OCTAVES = (0.25, 1 / 3, 0.5, 1.0, 2.0, 3.0, 4.0)  # the same pulse, counted in other units
PLANNED_OCTAVES = (0.5, 1.0, 2.0)  # multiples of the planned tempo; slower ones repeat by chance at any tempo
CLEARER = 1.3  # how much stronger another tempo's pulse must be than the planned one's to be accepted
NEAR = 0.02  # relative tolerance around the planned tempo


def tempo_error(samples: Samples, bpm: float) -> float:
    """Return the relative distance of the pulse from `bpm`; 0 if nothing contradicts it.

    The planned tempo is accepted unless another one, not a multiple or a fraction of it, clearly matches the
    repetition of the onsets better. Samples: float32 [channels, frames] at SAMPLE_RATE_HZ; under six seconds
    the result is 0.
    """
    if samples.shape[1] < LEAST_TEMPO_S * SAMPLE_RATE_HZ:
        return 0.0
    repeats = _repetition(samples)
    planned = max(_comb(repeats, bpm * octave * nudge) for octave in PLANNED_OCTAVES for nudge in _nudges())
    combs = np.array([_comb(repeats, tempo) for tempo in TEMPI_BPM])
    best = int(combs.argmax())
    if combs[best] <= CLEARER * max(planned, 0.0) or combs[best] < 0.05:
        return 0.0
    return min(abs(float(TEMPI_BPM[best]) / (bpm * octave) - 1) for octave in OCTAVES)


def key_error(samples: Samples, keys: Sequence[KeySpan]) -> float:
    """Return how much better another key fits the notes heard than the planned one: 0 (none does) to 2.

    It is the difference between the correlations of pitch classes with the keys' profiles, so a related key
    counts little and a distant one much. `keys`: the planned ones in order of time, the first from 0 on.
    """
    chroma = _home_chroma(samples, keys)
    if not chroma.any():
        return 0.0
    own = _fit(chroma, keys[0][1])
    others = (_fit(chroma, f"{name} {mode}") for name in PITCH_NAMES for mode in KEY_PROFILES)
    return max(0.0, *(fit - own for fit in others))


def _fit(chroma: Signal, key: str) -> float:
    profile = key_profile(parse_key(key).mode)
    return float(np.corrcoef(np.roll(profile, _tonic(key)), chroma)[0, 1])


@cache
def key_profile(mode: Mode) -> tuple[float, ...]:
    """Return how strongly each semitone above the tonic belongs to a mode. There are no ratings for the
    modes, so a degree that differs from major or minor swaps its rating with the tone that it replaces."""
    tonality = tonality_of(mode)
    profile = list(KEY_PROFILES[tonality.capitalize()])
    for plain, own in zip(SCALES[tonality], SCALES[mode], strict=True):
        if plain != own:
            profile[plain], profile[own] = profile[own], profile[plain]
    return tuple(profile)


def _nudges() -> tuple[float, ...]:
    return tuple(1 + NEAR * step / 4 for step in range(-4, 5))


def _repetition(samples: Samples) -> Signal:
    """Return the autocorrelation of the onsets, averaged over excerpts of the take; 1 at lag 0."""
    length = samples.shape[1]
    size = min(length, round(STRETCH_S * SAMPLE_RATE_HZ))
    count = min(MOST_STRETCHES, max(1, length // size))
    starts = np.linspace(0, length - size, count).astype(int)
    stretches = [samples[:, start : start + size].mean(axis=0) for start in starts]
    repeats: Signal = np.mean([_autocorrelation(_onsets(stretch)) for stretch in stretches], axis=0)
    return repeats


def _onsets(mono: Signal) -> Signal:
    """Return the log-level increase from frame to frame, summed over a few bands."""
    frames = np.lib.stride_tricks.sliding_window_view(mono, ONSET_FRAMES)[::ONSET_HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(ONSET_FRAMES).astype(np.float32))) ** 2
    edges = np.searchsorted(np.fft.rfftfreq(ONSET_FRAMES, 1 / SAMPLE_RATE_HZ), ONSET_BANDS_HZ)
    bands = np.add.reduceat(power, edges[:-1], axis=1)
    levels = np.log1p(bands / (bands.mean(axis=0) * 0.1 + 1e-12))
    rises = np.maximum(np.diff(levels, axis=0), 0).sum(axis=1)
    return np.asarray(rises - rises.mean())


def _autocorrelation(onsets: Signal) -> Signal:
    count = len(onsets)
    spectrum = np.fft.rfft(onsets, 2 * count)
    repeats = np.fft.irfft(np.abs(spectrum) ** 2)[:count] / np.arange(count, 0, -1)
    return np.asarray(repeats / max(repeats[0], 1e-12))


def _comb(repeats: Signal, bpm: float) -> float:
    """Return the mean repetition at whole numbers of beats."""
    beat_hops = 60 / bpm * SAMPLE_RATE_HZ / ONSET_HOP
    lags = beat_hops * np.arange(1, COMB_TEETH + 1)
    lags = lags[lags < 0.75 * len(repeats)]
    return float(np.interp(lags, np.arange(len(repeats)), repeats).mean()) if len(lags) else 0.0


def _home_chroma(samples: Samples, keys: Sequence[KeySpan]) -> Signal:
    """Return the strength of each pitch class, [12], with later keys transposed back to the first."""
    chroma = np.zeros(12)
    home = _tonic(keys[0][1])
    for start, classes in _chromas(samples):
        now = [name for start_s, name in keys if start_s * SAMPLE_RATE_HZ <= start][-1]
        chroma += np.roll(classes, home - _tonic(now))
    return chroma


def _tonic(key: str) -> int:
    return PITCH_NAMES.index(key.split()[0])


def _chromas(samples: Samples) -> Iterator[tuple[int, Signal]]:
    """Yield (frame, strength of each pitch class) of spectra spread over the take."""
    bins_hz = np.fft.rfftfreq(KEY_FRAMES, 1 / SAMPLE_RATE_HZ)
    low, high = np.searchsorted(bins_hz, KEY_BAND_HZ)
    classes = np.round(69 + 12 * np.log2(bins_hz[low:high] / 440)).astype(int) % 12
    window = np.hanning(KEY_FRAMES).astype(np.float32)
    last = samples.shape[1] - KEY_FRAMES
    count = min(KEY_SPECTRA, max(1, last // (KEY_FRAMES // 2)))
    for start in np.unique(np.linspace(0, max(0, last), count).astype(int)):
        mono = samples[:, start : start + KEY_FRAMES].mean(axis=0)
        level = np.abs(np.fft.rfft(mono * window[: len(mono)], KEY_FRAMES))
        tones = level[low:high] * _is_peak(level)[low:high]
        yield int(start), np.bincount(classes, np.sqrt(tones), minlength=12).astype(np.float64)


def _is_peak(level: Signal) -> npt.NDArray[np.bool_]:
    """Find bins that stand out from their neighbours: tones rather than drum noise."""
    floor = np.convolve(level, np.full(41, 1 / 41), mode="same")
    peak = np.zeros(len(level), bool)
    peak[1:-1] = (level[1:-1] >= level[:-2]) & (level[1:-1] >= level[2:])
    return peak & (level > 2 * floor)
