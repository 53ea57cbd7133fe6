"""Separates percussion and bass without weights: by medians over a spectrogram (Fitzgerald 2010), and by the
lowest steady tone with its overtones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audiomusic.engines.foreign.stems.transform import Sound, filtered

Table = npt.NDArray[np.float32]

RATE_HZ = 48_000
SIZE, HOP = 4096, 1024
BIN_HZ = RATE_HZ / SIZE
LONG_FRAMES, WIDE_BINS = 17, 17  # 0.36 s; 200 Hz
BASS_LOWEST_HZ, BASS_HIGHEST_HZ, BASS_TOP_HZ = 35.0, 200.0, 700.0
OVERTONES = 5
NEAR_HZ = 18.0


def percussive(sound: Sound) -> Sound:
    return filtered(sound, SIZE, HOP, _struck)


def bass(sound: Sound) -> Sound:
    return filtered(sound, SIZE, HOP, _low)


def _medians(loud: Table) -> tuple[Table, Table]:
    """Return (medians over time: sustained sound; medians over frequency: percussive sound)."""
    padded = np.pad(loud, ((LONG_FRAMES // 2, LONG_FRAMES // 2), (0, 0)), mode="reflect")
    steady = np.median(np.lib.stride_tricks.sliding_window_view(padded, LONG_FRAMES, axis=0), axis=-1)
    padded = np.pad(loud, ((0, 0), (WIDE_BINS // 2, WIDE_BINS // 2)), mode="reflect")
    struck = np.median(np.lib.stride_tricks.sliding_window_view(padded, WIDE_BINS, axis=1), axis=-1)
    return steady.astype(np.float32), struck.astype(np.float32)


def _struck(loud: Table) -> Table:
    steady, struck = _medians(loud)
    gains: Table = struck**2 / (struck**2 + steady**2 + 1e-12)
    return gains


def _low(loud: Table) -> Table:
    top = int(BASS_TOP_HZ / BIN_HZ)
    low = loud[:, : top + WIDE_BINS]
    steady, struck = _medians(low)
    held = (steady**2 / (steady**2 + struck**2 + 1e-12))[:, :top]
    gains = np.zeros_like(loud)
    gains[:, :top] = held * _comb(steady[:, :top])
    return gains


def _comb(steady: Table) -> Table:
    """Select bins near the overtones of each frame's lowest strong tone."""
    bins = np.arange(steady.shape[1]) * BIN_HZ
    candidates = np.geomspace(BASS_LOWEST_HZ, BASS_HIGHEST_HZ, 61)
    teeth = []
    for base in candidates:
        places = base * np.arange(1, OVERTONES + 1)
        distance = np.abs(bins[:, None] - places[None]).min(axis=1)
        teeth.append(np.exp(-0.5 * (distance / NEAR_HZ) ** 2))
    comb = np.array(teeth, np.float32)
    weights = comb * np.exp(-bins / 250).astype(np.float32)
    fits = steady @ weights.T / (np.sqrt((weights**2).sum(axis=1)) + 1e-9)
    chosen: Table = comb[np.argmax(fits, axis=1)]
    return chosen
