"""The features that the analysis is based on: onsets, and the level of each semitone, over time.

Uses plain numpy. librosa would do the same with a JIT compiler, which two workers must not start at the same
time (numba caches code that crashes its next reader), and adds five packages.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Array = npt.NDArray[np.float32]

RATE_HZ = 22_050
HOP = 256  # 11.6 ms
FRAMES_S = RATE_HZ / HOP
ONSET_WINDOW = 1024
PITCH_WINDOW, PITCH_HOP = 8192, 1024
PITCH_FRAMES_S = RATE_HZ / PITCH_HOP
BANDS = 36
LOWEST_PITCH, HIGHEST_PITCH = 28, 100  # MIDI notes: E1 to E7
BLOCK = 2048  # frames per FFT call


@dataclass(frozen=True)
class Spectra:
    """Features over time. `flux`: the level increase of each band, [frames, BANDS], FRAMES_S per second.
    `pitches`: the level of each semitone from LOWEST_PITCH on, [frames, pitches], PITCH_FRAMES_S per
    second."""

    mono: Array
    flux: Array
    pitches: Array
    tuning: float  # in semitones, -0.5 to 0.5

    @property
    def duration_s(self) -> float:
        return len(self.mono) / RATE_HZ

    @property
    def onsets(self) -> Array:
        """The mean of all bands, without slow changes."""
        curve = self.flux.mean(axis=1)
        around = np.convolve(curve, np.ones(87) / 87, mode="same")  # one second
        lifted: Array = np.maximum(curve - around, 0).astype(np.float32)
        scaled: Array = lifted / (lifted.std() + 1e-9)
        return scaled


def read_mono(path: Path) -> Array:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono: Array = soxr.resample(samples.mean(axis=1), rate_hz, RATE_HZ)
    return mono


def spectra_of(mono: Array) -> Spectra:
    pitches, tuning = _pitches(mono)
    return Spectra(mono, _flux(mono), pitches, tuning)


def magnitudes(mono: Array, window: int, hop: int) -> npt.NDArray[np.float32]:
    """Return the magnitudes, [frames, window // 2 + 1]; frame n is centred on sample n * hop."""
    padded = np.pad(mono, (window // 2, window // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    shape = np.hanning(window).astype(np.float32)
    blocks = [
        np.abs(np.fft.rfft(frames[start : start + BLOCK] * shape)).astype(np.float32)
        for start in range(0, len(frames), BLOCK)
    ]
    return np.concatenate(blocks)


def _flux(mono: Array) -> Array:
    spectrum = magnitudes(mono, ONSET_WINDOW, HOP)
    edges = np.unique(np.geomspace(1, ONSET_WINDOW // 2, BANDS + 1).astype(int))
    bands = np.add.reduceat(spectrum, edges[:-1], axis=1) / np.diff(edges)
    loud = np.log1p(1000 * bands / (bands.max() + 1e-9))
    risen: Array = np.maximum(np.diff(loud, axis=0, prepend=loud[:1]), 0).astype(np.float32)
    return risen


def _pitches(mono: Array) -> tuple[Array, float]:
    spectrum = magnitudes(mono, PITCH_WINDOW, PITCH_HOP)
    frequencies: npt.NDArray[np.float64] = np.fft.rfftfreq(PITCH_WINDOW, 1 / RATE_HZ).astype(np.float64)
    tuning = _tuning(spectrum, frequencies)
    return _semitones(spectrum, frequencies, tuning), tuning


def _tuning(spectrum: Array, frequencies: npt.NDArray[np.float64]) -> float:
    """Return by how much of a semitone the loudest partials deviate from equal temperament at 440 Hz."""
    body = spectrum[:, 40:1500]  # 108 to 4037 Hz
    is_peak = (body[:, 1:-1] > body[:, :-2]) & (body[:, 1:-1] > body[:, 2:])
    is_peak &= body[:, 1:-1] > 0.1 * body.max(axis=1, keepdims=True)
    frame, place = np.nonzero(is_peak)
    if not len(frame):
        return 0.0
    left, middle, right = (np.log(body[frame, place + offset] + 1e-9) for offset in (0, 1, 2))
    bend = 0.5 * (left - right) / (left - 2 * middle + right - 1e-12)
    bins = place + 41 + np.clip(bend, -0.5, 0.5)
    notes = 69 + 12 * np.log2(bins * RATE_HZ / PITCH_WINDOW / 440)
    weights = body[frame, place + 1]
    circle = np.sum(weights * np.exp(2j * np.pi * notes))
    return float(np.angle(circle) / (2 * np.pi))


def _semitones(spectrum: Array, frequencies: npt.NDArray[np.float64], tuning: float) -> Array:
    """Return the compressed energy around each semitone, without the broadband part (drums and noise)."""
    notes = 69 + 12 * np.log2(np.maximum(frequencies, 1) / 440) - tuning
    wanted = np.arange(LOWEST_PITCH, HIGHEST_PITCH + 1)
    weights = np.exp(-0.5 * ((notes[:, None] - wanted) / 0.25) ** 2)
    weights /= weights.sum(axis=0) + 1e-9
    energy = np.sqrt((spectrum**2) @ weights.astype(np.float32))
    loud = np.log1p(200 * energy / (np.percentile(energy, 99.5) + 1e-9))
    floor = np.stack([np.roll(loud, shift, axis=1) for shift in (-2, -1, 0, 1, 2)]).mean(axis=0)
    standing: Array = np.maximum(loud - floor, 0).astype(np.float32)
    return _sustained(standing)


def _sustained(pitches: Array) -> Array:
    """Remove transients with a median over five frames, a quarter of a second."""
    padded = np.pad(pitches, ((2, 2), (0, 0)), mode="edge")
    shifted = np.stack([padded[offset : offset + len(pitches)] for offset in range(5)])
    steady: Array = np.median(shifted, axis=0).astype(np.float32)
    return steady


def chroma_of(pitches: Array, low: int, high: int) -> Array:
    """Return the twelve pitch classes of the semitones between two MIDI notes: [frames, 12], C first."""
    chroma = np.zeros((len(pitches), 12), np.float32)
    for note in range(max(low, LOWEST_PITCH), min(high, HIGHEST_PITCH) + 1):
        chroma[:, note % 12] += pitches[:, note - LOWEST_PITCH]
    return chroma
