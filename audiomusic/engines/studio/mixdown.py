"""A score and its singing, made into the finished stereo master."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.loudness import hop_powers
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mix import BLOCK, Band, MixSettings, add_mix, band_of, mix_of, tail_length
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.vocal_bus import duck, line_gains_db, singer_lanes
from audiomusic.engines.units import seconds_to_samples

#: Samples before a loop's start that are rendered too: filters of zero phase sound before their notes.
LOOP_LEAD = 1 << 14


def mixdown(
    score: Score, clips: Sequence[VocalClip], monitor: Monitor, workers: int = 2
) -> npt.NDArray[np.float32]:
    """The master: float32 [2, round(score.duration_s * SAMPLE_RATE_HZ)], -14 LUFS, at most -1 dBTP.

    The same score and clips give the same bits for any number of workers. Raises Cancelled soon
    after the monitor's caller asks to stop, and ValueError for an instrument, kit or drum that
    does not exist.
    """
    # One thread per operation: sums split over threads would differ with their number, and the
    # pool keeps the cores busy anyway.
    torch.set_num_threads(1)
    settings = mix_of(score)
    total = seconds_to_samples(score.duration_s, SAMPLE_RATE_HZ)
    with _pool(workers) as pool:
        rough = _mixed(score, clips, settings, total, pool, monitor.span("rendering", 0.0, 0.85))
        song = wrap_loop(rough, total) if score.seamless_loop else rough
        mastering.finish(song, settings, score.seamless_loop, monitor.span("mastering", 0.85, 1.0), pool.map)
    if not score.seamless_loop:
        fade_out(song, score.notes.get("fade_out_s", 0.0))
    return song


def fade_out(song: npt.NDArray[np.float32], fade_s: float) -> None:
    """Let the end of a song fade, in place: evenly to the ear, and to nothing."""
    length = min(song.shape[1], seconds_to_samples(fade_s, SAMPLE_RATE_HZ))
    if length:
        song[:, song.shape[1] - length :] *= np.linspace(1.0, 0.0, length, dtype=np.float32) ** 2


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool that drops what has not begun when it is left."""
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="orchestra")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _mixed(
    score: Score,
    clips: Sequence[VocalClip],
    settings: MixSettings,
    total: int,
    pool: ThreadPoolExecutor,
    monitor: Monitor,
) -> npt.NDArray[np.float32]:
    """Band and singers, unmastered: float32 [2, total], in a loop [2, LOOP_LEAD + total + tail]."""
    band = band_of(score, settings)
    sung = [clip for clip in clips if clip.samples.numel()]
    singers = Band(singer_lanes(sung, [0.0] * len(sung), settings))
    tail = max(tail_length(score, settings, part, total) for part in (band, singers))
    lead = LOOP_LEAD if score.seamless_loop else 0
    rough = np.zeros((2, lead + total + tail), np.float32)
    add_mix(rough, band, score, settings, pool, monitor.span("rendering", 0.0, 0.8 if sung else 1.0), -lead)
    del band  # its notes take room that the singers can use
    if sung:
        duck(rough, sung, settings, BLOCK)
        gains_db = line_gains_db(sung, hop_powers(rough), settings)
        singers = Band(singer_lanes(sung, gains_db, settings))
        add_mix(rough, singers, score, settings, pool, monitor.span("rendering", 0.8, 1.0), -lead)
    return rough


def wrap_loop(rough: npt.NDArray[np.float32], total: int) -> npt.NDArray[np.float32]:
    """A loop with what rings beyond its end laid over its start, and what sounds before it over its end."""
    song = np.zeros((2, total), np.float32)
    at = -LOOP_LEAD % total
    first = 0
    while first < rough.shape[1]:
        piece = rough[:, first : first + total - at]
        song[:, at : at + piece.shape[1]] += piece
        first, at = first + piece.shape[1], 0
    return song
