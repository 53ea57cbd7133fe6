"""A small band of sines and noise with known tempo, metre and harmony."""

import numpy as np

RATE_HZ = 48_000
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}


def band(chords, *, bpm=120.0, beats_a_bar=4, bars=8):
    """Return float32 [frames, 2]. `chords`: (root as a MIDI note below 60, quality), one for each bar,
    repeated in order."""
    beat = int(RATE_HZ * 60 / bpm)
    sound = np.zeros(beat * beats_a_bar * bars, np.float64)
    noise = np.random.default_rng(3).normal(size=4_000)
    for bar in range(bars):
        root, quality = chords[bar % len(chords)]
        for number in range(beats_a_bar):
            start = (bar * beats_a_bar + number) * beat
            for step in TRIADS[quality]:
                _add(sound, start, 0.09 * _note(root + 12 + step, beat))
            if number == 0:
                _add(sound, start, 0.25 * _note(root - 12, beat * beats_a_bar))
                _add(sound, start, 0.5 * _thud())
            _add(sound, start, 0.15 * noise[:1500] * np.exp(-np.arange(1500) / 200))
            _add(sound, start + beat // 2, 0.05 * noise[2000:3000] * np.exp(-np.arange(1000) / 100))
    return np.repeat(sound[:, None], 2, axis=1).astype(np.float32)


def _note(pitch, frames):
    moments = np.arange(frames) / RATE_HZ
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    tone = sum(np.sin(2 * np.pi * hertz * k * moments) / k for k in (1, 2, 3))
    return tone * np.exp(-moments * 2) * np.minimum(1, moments * 200)


def _thud():
    moments = np.arange(6_000) / RATE_HZ
    return np.sin(2 * np.pi * 55 * moments) * np.exp(-moments * 25)


def _add(sound, start, piece):
    stop = min(len(sound), start + len(piece))
    sound[start:stop] += piece[: stop - start]
