"""The sound of a master, for another song: its spectral balance and stereo width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.mix import mix_of
from audiomusic.engines.studio.rework.edits.reworked import Reworked
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.synth.tone import MIDDLE_HZ, Curve, band_levels_db

Samples = npt.NDArray[np.float32]

PIECE = 9 * SAMPLE_RATE_HZ
QUIETEST = 1e-9  # power


def is_heard(song: KeptSong) -> bool:
    """Whether a song has a master of this engine and is not a sketch from audio."""
    return song.is_composed or song.operation is not None


def in_the_sound_of(made: Reworked, master: Samples) -> Reworked:
    """Master the new song to the balance of a master, and report that with the rest of the reference."""
    score = made.score
    balance = balance_of(master, mix_of(score).balance)
    reference = {
        **made.details.get("reference", {}),
        "balance_db": {"value": [list(corner) for corner in balance], "source": "reference"},
        "width_db": width_db_of(master),
    }
    return replace(
        made,
        score=replace(score, notes={**score.notes, "balance": [list(corner) for corner in balance]}),
        details={**made.details, "reference": reference},
    )


def balance_of(master: Samples, corners: Curve) -> Curve:
    """Return the level of a master around each of these frequencies, in dB relative to its midrange."""
    levels_db = band_levels_db(_middles(master), corners)
    centres_hz = np.array([hz for hz, _ in corners])
    middle = np.median(levels_db[(centres_hz > MIDDLE_HZ[0]) & (centres_hz < MIDDLE_HZ[1])])
    return tuple(
        (hz, round(float(level - middle), 2)) for (hz, _), level in zip(corners, levels_db, strict=True)
    )


def width_db_of(master: Samples) -> float:
    """Return the ratio of side to mid in dB: the higher, the wider."""
    left, right = master.astype(np.float64)
    side, middle = (float(np.square(wave).mean()) for wave in (left - right, left + right))
    return round(10 * float(np.log10((side + QUIETEST) / (middle + QUIETEST))), 2)


def _middles(master: Samples) -> Iterator[Tensor]:
    for start in range(0, master.shape[1], PIECE):
        yield torch.from_numpy(master[:, start : start + PIECE].mean(axis=0))
