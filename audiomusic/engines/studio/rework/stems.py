"""Stems of an existing song: its true parts, as they sound in its master.

There is no separation: a stem's tracks are rendered again from the kept score and processed with the master's
kept curves. Room and echo are linear, so what a part sends there is in its stem. The stems of a song add up
to its master, except for rounding of the last bits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from audiomusic.engines.base import Monitor
from audiomusic.engines.studio.mix import Plays
from audiomusic.engines.studio.mixdown import MixCurves, mix_part
from audiomusic.engines.studio.rework.stem_names import (
    STEM_NAMES,
    StemName,
    stem_of_piece,
    stem_of_track,
    stem_of_voice,
)
from audiomusic.engines.studio.score import Score, Track
from audiomusic.engines.studio.voice import sing

SUNG_SHARE = 0.5  # share of the time for a stem with a voice


def render_stem(
    score: Score, curves: MixCurves, stems: Collection[str], monitor: Monitor, workers: int = 2
) -> npt.NDArray[np.float32]:
    """Render some stems together: float32 [2, n], as long as the master and in time with it.

    The same score, curves and stems give the same bits. Raises Cancelled.
    """
    lines = [number for number, line in enumerate(score.vocals) if stem_of_voice(line.role) in stems]
    sung = SUNG_SHARE if lines else 0.0
    clips = sing(score, monitor.span("singing", 0.0, sung), workers, lines) if lines else []
    return mix_part(score, clips, curves, monitor.span("rendering", sung, 1.0), workers, plays_in(stems))


def plays_in(stems: Collection[str]) -> Plays:
    """Return a test for whether a track, or a piece of the kit, is in some stems."""

    def plays(player: Track | str) -> bool:
        if isinstance(player, str):
            return stem_of_piece(player) in stems
        return stem_of_track(player.role, player.instrument) in stems

    return plays


def all_but(stems: Collection[str]) -> tuple[StemName, ...]:
    """Return the stems of a song except some."""
    return tuple(name for name in STEM_NAMES if name not in stems)


def render_stems(
    score: Score, curves: MixCurves, wanted: Sequence[Collection[str]], monitor: Monitor, workers: int = 2
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the audio of each set of stems, in order."""
    for number, stems in enumerate(wanted):
        span = monitor.span("rendering", number / len(wanted), (number + 1) / len(wanted))
        yield render_stem(score, curves, stems, span, workers)
