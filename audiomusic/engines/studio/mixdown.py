"""Mix a score and its singing to the finished stereo master, or to a part of an existing one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.loudness import hop_powers
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mix import (
    BLOCK,
    Band,
    MixSettings,
    Plays,
    add_mix,
    band_of,
    everything,
    mix_of,
    tail_length,
)
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.synth.memory import release_freed_memory
from audiomusic.engines.studio.vocal_bus import duck, lead_spans, line_gains_db, singer_lanes
from audiomusic.engines.units import seconds_to_samples

#: Samples rendered before a loop's start: zero-phase filters ring before their notes.
LOOP_LEAD = 1 << 14


@dataclass(frozen=True, eq=False)
class MixCurves:
    """The measurements behind one master that cannot be derived from a part of it: the levels of the sung
    lines, when the band is ducked for them, and how the sum was mastered."""

    master: mastering.MasterCurves
    line_gains_db: Mapping[int, float] = field(default_factory=dict)  # by index into score.vocals
    lead_spans: Sequence[tuple[int, int]] = ()  # samples in which the lead sings


@dataclass(frozen=True, eq=False)
class Mixdown:
    """A master, float32 [2, n], and the curves it was made with."""

    samples: npt.NDArray[np.float32]
    curves: MixCurves


def mixdown(
    score: Score, clips: Sequence[VocalClip], monitor: Monitor, workers: int = 2
) -> npt.NDArray[np.float32]:
    """Return the master: float32 [2, round(score.duration_s * SAMPLE_RATE_HZ)], -14 LUFS, at most -1 dBTP.

    The same score and clips give the same bits for any number of workers. Raises Cancelled soon after the
    monitor's caller cancels, and ValueError for an unknown instrument, kit or drum.
    """
    return mix_with_curves(score, clips, monitor, workers).samples


def mix_with_curves(score: Score, clips: Sequence[VocalClip], monitor: Monitor, workers: int = 2) -> Mixdown:
    """Like `mixdown`, but also return the curves from which any part of the master can be made later
    (`mix_part`)."""
    # One thread per operation: sums split over threads would depend on their number, and the pool keeps the
    # cores busy anyway.
    torch.set_num_threads(1)
    settings = mix_of(score)
    total = seconds_to_samples(score.duration_s, SAMPLE_RATE_HZ)
    sung = [clip for clip in clips if clip.samples.numel()]
    with _pool(workers) as pool:
        rough, gains_db = _mixed(score, sung, settings, total, pool, monitor.span("rendering", 0.0, 0.8))
        song = wrap_loop(rough, total) if score.seamless_loop else rough
        master = mastering.finish(
            song, settings, score.seamless_loop, monitor.span("mastering", 0.8, 1.0), pool.map
        )
    if not score.seamless_loop:
        fade_out(song, score.notes.get("fade_out_s", 0.0))
    lines = {clip.line: gain_db for clip, gain_db in zip(sung, gains_db, strict=True)}
    return Mixdown(song, MixCurves(master, lines, lead_spans(sung)))


def mix_part(
    score: Score,
    clips: Sequence[VocalClip],
    curves: MixCurves,
    monitor: Monitor,
    workers: int = 2,
    plays: Plays = everything,
) -> npt.NDArray[np.float32]:
    """Return the contribution of the tracks and drums that `plays` selects, and of the singers of
    `clips`, to the master that `curves` belong to: float32 of the same length. The parts of a score add
    up to its master."""
    torch.set_num_threads(1)
    settings = mix_of(score)
    total = seconds_to_samples(score.duration_s, SAMPLE_RATE_HZ)
    sung = [clip for clip in clips if clip.samples.numel() and clip.line in curves.line_gains_db]
    singers = Band(singer_lanes(sung, [curves.line_gains_db[clip.line] for clip in sung], settings))
    band = band_of(score, settings, plays)
    with _pool(workers) as pool:
        rough = _rough(score, settings, total, (band, singers))
        rendering = monitor.span("rendering", 0.0, 0.7)
        _add(rough, band, score, settings, pool, rendering.span("rendering", 0.0, 0.8 if sung else 1.0))
        if band.lanes and curves.lead_spans:
            duck(rough, curves.lead_spans, settings, BLOCK, pool.map)
        if sung:
            _add(rough, singers, score, settings, pool, rendering.span("rendering", 0.8, 1.0))
        part = wrap_loop(rough, total) if score.seamless_loop else rough
        mastering.apply_curves(
            part,
            curves.master,
            settings,
            score.seamless_loop,
            monitor.span("mastering", 0.7, 1.0),
            pool.map,
        )
    if not score.seamless_loop:
        fade_out(part, score.notes.get("fade_out_s", 0.0))
    return part


def fade_out(song: npt.NDArray[np.float32], fade_s: float) -> None:
    """Fade out the end of a song in place: perceptually even, down to silence."""
    length = min(song.shape[1], seconds_to_samples(fade_s, SAMPLE_RATE_HZ))
    if length:
        song[:, song.shape[1] - length :] *= np.linspace(1.0, 0.0, length, dtype=np.float32) ** 2


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Create a pool that cancels pending work on exit."""
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="orchestra")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _mixed(
    score: Score,
    sung: Sequence[VocalClip],
    settings: MixSettings,
    total: int,
    pool: ThreadPoolExecutor,
    monitor: Monitor,
) -> tuple[npt.NDArray[np.float32], list[float]]:
    """Return the unmastered band and singers, float32 [2, total] or, in a loop, [2, LOOP_LEAD + total +
    tail], and the level of each sung clip in dB."""
    band = band_of(score, settings)
    rough = _rough(score, settings, total, (band, Band(singer_lanes(sung, [0.0] * len(sung), settings))))
    _add(rough, band, score, settings, pool, monitor.span("rendering", 0.0, 0.8 if sung else 1.0))
    del band  # frees memory for the singers
    release_freed_memory()
    if not sung:
        return rough, []
    duck(rough, lead_spans(sung), settings, BLOCK, pool.map)
    gains_db = line_gains_db(sung, hop_powers(rough, each=pool.map), settings)
    singers = Band(singer_lanes(sung, gains_db, settings))
    _add(rough, singers, score, settings, pool, monitor.span("rendering", 0.8, 1.0))
    return rough, gains_db


def _lead_in(score: Score) -> int:
    return LOOP_LEAD if score.seamless_loop else 0


def _rough(score: Score, settings: MixSettings, total: int, parts: Sequence[Band]) -> npt.NDArray[np.float32]:
    """Return silence long enough for these bands and, in a loop, for what sounds before and after it."""
    tail = max(tail_length(score, settings, part, total) for part in parts)
    return np.zeros((2, _lead_in(score) + total + tail), np.float32)


def _add(
    rough: npt.NDArray[np.float32],
    band: Band,
    score: Score,
    settings: MixSettings,
    pool: ThreadPoolExecutor,
    monitor: Monitor,
) -> None:
    if band.lanes:
        add_mix(rough, band, score, settings, pool, monitor, -_lead_in(score))


def wrap_loop(rough: npt.NDArray[np.float32], total: int) -> npt.NDArray[np.float32]:
    """Overlap-add a loop: what rings past its end goes to its start, what precedes its start to its end."""
    song = np.zeros((2, total), np.float32)
    at = -LOOP_LEAD % total
    first = 0
    while first < rough.shape[1]:
        piece = rough[:, first : first + total - at]
        song[:, at : at + piece.shape[1]] += piece
        first, at = first + piece.shape[1], 0
    return song
