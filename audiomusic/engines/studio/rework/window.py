"""Render a range of a song again with the curves that mastered the whole.

Only what sounds in the range is sung and played, so a few bars of a long song take no longer than those of a
short one. Room and echo start before the range.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mix import BLOCK, Band, Plays, Space, add_mix, band_of, everything, mix_of
from audiomusic.engines.studio.mixdown import MixCurves
from audiomusic.engines.studio.rework.edits.reworked import Span, samples_at
from audiomusic.engines.studio.score import Score, VocalLine
from audiomusic.engines.studio.vocal_bus import ALONE_DB, HOP, duck, lead_spans, singer_lanes
from audiomusic.engines.studio.voice import sing

Samples = npt.NDArray[np.float32]

GRID = HOP  # whole hops of every curve
RUN_IN_S = 2.5  # of room and echo before the window
EDGE = 2 * GRID  # after it, for the filters
SUNG_SHARE = 0.5
LINE_REACH_S = 1.0  # a clip may start before its first note, and ring after its last


def render_window(
    score: Score, curves: MixCurves, span: Span, clips: Sequence[VocalClip], monitor: Monitor, workers: int
) -> Samples:
    """Return samples `span` of the score's master, float32 [2, n]. `clips` are the lines that sound in it."""
    return window_sound(score, curves, span, clips, monitor, workers).samples


class WindowSound(NamedTuple):
    """A rendered window. `peaks` are its limiter gains, in addition to the song's curves."""

    samples: Samples
    peaks: Tensor


def window_sound(
    score: Score,
    curves: MixCurves,
    span: Span,
    clips: Sequence[VocalClip],
    monitor: Monitor,
    workers: int,
    plays: Plays = everything,
    peaks: Tensor | None = None,
) -> WindowSound:
    """Like `render_window`; with `plays`, a stem of it, limited by the `peaks` of the whole."""
    torch.set_num_threads(1)
    settings, total = mix_of(score), samples_at(score.duration_s)
    run_in = min(samples_at(RUN_IN_S), Space(settings, score.metre.quarter_s).ringing)
    first = max(0, span[0] - run_in) // GRID * GRID
    last = min(total, -(-(span[1] + EDGE) // GRID) * GRID)
    sung = [clip for clip in clips if clip.samples.numel()]
    spans = [(max(0, start - first), stop - first) for start, stop in curves.lead_spans if stop > first]
    part = np.zeros((2, last - first), np.float32)
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="window")
    try:
        band = band_of(score, settings, plays)
        if band.lanes:
            add_mix(part, band, score, settings, pool, monitor.span("rendering", 0.0, 0.6), first)
            duck(part, [each for each in spans if each[0] < part.shape[1]], settings, BLOCK)
        if sung:
            gains_db = [curves.line_gains_db.get(clip.line, ALONE_DB) for clip in sung]
            singers = Band(singer_lanes(sung, gains_db, settings))
            add_mix(part, singers, score, settings, pool, monitor.span("rendering", 0.6, 0.8), first)
        gains = mastering.apply_curves_within(part, first, total, curves.master, settings, pool.map, peaks)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    _end_fade(part, score, first, total)
    monitor.tick(1.0)
    return WindowSound(part[:, span[0] - first : span[1] - first].copy(), gains)


def _end_fade(part: Samples, score: Score, first: int, total: int) -> None:
    """Apply the part's share of a song's final fade, as `mixdown.fade_out` does."""
    length = min(total, samples_at(score.notes.get("fade_out_s", 0.0)))
    if length and first + part.shape[1] > total - length:
        gains = np.ones(total - first, np.float32)
        fade = np.linspace(1.0, 0.0, length, dtype=np.float32) ** 2
        gains[max(0, total - length - first) :] = fade[max(0, first - (total - length)) :]
        part *= gains[: part.shape[1]]


def lines_sounding(score: Score, spans: Sequence[Span]) -> list[int]:
    """Return the numbers of the lines heard in any of the spans, or just before one."""
    reach = samples_at(LINE_REACH_S)
    heard = []
    for number, line in enumerate(score.vocals):
        first, last = line_span(score, line)
        if any(first - reach < stop and last + reach > start - samples_at(RUN_IN_S) for start, stop in spans):
            heard.append(number)
    return heard


def line_span(score: Score, line: VocalLine) -> Span:
    """Return the span from the first note to the end of the last, in samples."""
    start_s = score.performed_seconds(line.onsets[0])
    return samples_at(start_s), samples_at(score.performed_seconds(line.onsets[-1] + line.lengths[-1]))


def sung_in(score: Score, spans: Sequence[Span], monitor: Monitor, workers: int) -> list[VocalClip]:
    numbers = lines_sounding(score, spans)
    return sing(score, monitor, workers, numbers) if numbers else []


def edited_curves(
    before: Score, after: Score, curves: MixCurves, spans: Sequence[Span], clips: Sequence[VocalClip]
) -> MixCurves:
    """Return the old master's curves for the edited score: kept lines keep their level, a new line gets that
    of the closest line with its role."""
    known = {
        _line_name(line): curves.line_gains_db[number]
        for number, line in enumerate(before.vocals)
        if number in curves.line_gains_db
    }
    gains = {}
    for number, line in enumerate(after.vocals):
        gain = known.get(_line_name(line))
        gains[number] = _nearest_gain(before, curves.line_gains_db, line) if gain is None else gain
    return MixCurves(curves.master, gains, _lead_spans(curves, spans, clips))


def _line_name(line: VocalLine) -> tuple[object, ...]:
    return (line.role, line.singer, line.text, tuple(line.onsets), tuple(line.pitches))


def _nearest_gain(before: Score, gains_db: Mapping[int, float], line: VocalLine) -> float:
    """Return the gain of the closest line in time with the same role."""
    alike = sorted(
        (before.vocals[number].onsets[0], gain)
        for number, gain in gains_db.items()
        if before.vocals[number].role == line.role
    )
    if not alike:
        return next(iter(gains_db.values()), ALONE_DB)
    place = bisect_left(alike, (line.onsets[0], -1e9))
    near = alike[max(0, place - 1) : place + 1] or alike[-1:]
    return min(near, key=lambda row: abs(row[0] - line.onsets[0]))[1]


def _lead_spans(
    curves: MixCurves, spans: Sequence[Span], clips: Sequence[VocalClip]
) -> list[tuple[int, int]]:
    """Return where the lead sings: as before, except in the spans, where it is as it sings now."""
    kept: list[tuple[int, int]] = []
    for start, stop in curves.lead_spans:
        pieces = [(start, stop)]
        for first, last in spans:
            pieces = [
                piece
                for left, right in pieces
                for piece in ((left, min(right, first)), (max(left, last), right))
                if piece[0] < piece[1]
            ]
        kept += pieces
    for start, stop in lead_spans([clip for clip in clips if clip.samples.numel()]):
        kept += [
            (max(start, first), min(stop, last))
            for first, last in spans
            if max(start, first) < min(stop, last)
        ]
    return sorted(kept)


def seconds_of(span: Span) -> tuple[float, float]:
    return span[0] / SAMPLE_RATE_HZ, span[1] / SAMPLE_RATE_HZ
