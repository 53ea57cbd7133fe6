"""Repaint or extend audio from elsewhere: a matching piece is played, matched to the level and tone around
it, and spliced in. Every other sample stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audiomusic.engines.analysis.sound_ranges import kept_ranges
from audiomusic.engines.base import SAMPLE_RATE_HZ, EngineError, Monitor, silent_monitor
from audiomusic.engines.studio.heard.blend import Samples, gain_between, near, with_gains, with_tone
from audiomusic.engines.studio.heard.extension import Added, added_after, added_before, lengths_of
from audiomusic.engines.studio.heard.grid import Heard, chords_from, grid_near
from audiomusic.engines.studio.heard.piece import MatchingPiece, PieceWish, make_piece
from audiomusic.engines.studio.heard.song import (
    base_score,
    heard_in,
    heard_later,
    heard_with,
    timed_clips,
    tracks_of,
    with_piece,
)
from audiomusic.engines.studio.heard.window import bar_number, window_of
from audiomusic.engines.studio.rework.edits.repaint import Window
from audiomusic.engines.studio.rework.edits.reworked import Reworked, lyrics_of, samples_at
from audiomusic.engines.studio.rework.kept_song import KeptSong, unpack_song
from audiomusic.engines.studio.rework.operations import ReworkedTake, as_stored
from audiomusic.engines.studio.rework.sketch import NO_CURVES
from audiomusic.engines.studio.rework.splice import FADE_S, spliced

AROUND_S = 4.0  # of the audio at an edge, whose loudness the new audio matches
SETTLE_S = 8.0  # in which an extension reaches the level of the whole audio
FADED_DB = 18.0  # how much softer an extension may start than it becomes
LEAST_CLOSE_S = 1.5  # of a last chord
LAID = ("repaint", "extend", "retake")
GONE = "The source audio no longer exists. You were not charged."

Origin = Callable[[], Samples]  # returns the original audio as it was read


@dataclass(frozen=True, eq=False)
class LaidTake:
    """A take of new music in existing audio. `heard` analyses the result for the next operation."""

    take: ReworkedTake
    heard: Heard


def laid_take(
    song: KeptSong,
    operation: Mapping[str, Any],
    seed: int,
    master: Origin,
    origin: Origin,
    monitor: Monitor,
    workers: int,
) -> LaidTake:
    """Create one take. `master` returns the song's samples as stored. Raises EngineError."""
    if operation["name"] == "retake":
        return _again(song, float(operation["variance"]), seed, origin, monitor, workers)
    if operation["name"] == "repaint":
        return _repainted(song, operation, seed, master(), monitor, workers)
    return _extended(song, operation, seed, master(), monitor, workers)


def audio_of(song: KeptSong, origin: Origin, workers: int) -> Samples:
    """Return the song's samples, rendered again from the original audio."""
    if song.operation is None or song.parent is None:
        return origin()
    parent = unpack_song(song.parent)
    made = laid_take(
        parent,
        song.operation,
        int(song.operation["seed"]),
        lambda: audio_of(parent, origin, workers),
        origin,
        silent_monitor(),
        workers,
    )
    return as_stored(made.take.samples)


def _again(
    song: KeptSong, variance: float, seed: int, origin: Origin, monitor: Monitor, workers: int
) -> LaidTake:
    """Repeat the last operation with another seed."""
    if song.operation is None or song.parent is None:
        raise EngineError("Nothing in this audio was made here, so nothing can be retaken.", "engine_cannot")
    parent, seed = unpack_song(song.parent), seed if variance > 0 else int(song.operation["seed"])
    made = laid_take(
        parent, song.operation, seed, lambda: audio_of(parent, origin, workers), origin, monitor, workers
    )
    details = {**made.take.made.details, "again": song.operation["name"]}
    made.take.made = replace(made.take.made, details=details)
    return made


def _found(song: KeptSong) -> Heard:
    found = heard_in(song)
    if found is None:
        raise EngineError("The analysis of this audio was not stored.", "source_too_old")
    return found


def _repainted(
    song: KeptSong,
    wishes: Mapping[str, Any],
    seed: int,
    audio: Samples,
    monitor: Monitor,
    workers: int,
) -> LaidTake:
    found, total = _found(song), audio.shape[1]
    length_s = total / SAMPLE_RATE_HZ
    window = window_of(found, wishes, length_s)
    grid = grid_near(found, window.start_s, window.end_s)
    first = grid.bar_of(window.start_s) - 1  # what rings into the window starts before it
    sung_from, sung_to = grid.line_from(window.start_s), grid.bar_of(window.end_s)
    closes = window.end_s >= length_s - 0.05
    at_s = grid.line_at(first)
    stop = grid.bar_of(window.end_s - LEAST_CLOSE_S) if closes else grid.line_from(window.end_s) + 1
    bars = max(1, stop - first)
    wish = PieceWish(
        caption=wishes["caption"],
        lyrics=wishes.get("lyrics") or "",
        bars=bars,
        length_s=max(window.end_s - at_s, bars * grid.bar_s),
        silent_bars=sung_from - first,
        tail_bars=max(0, first + bars - sung_to),
        closes=closes,
    )
    chords = chords_from(found, grid, first, bars)
    piece = make_piece(found, grid, chords, wish, seed, monitor, workers)
    span = (samples_at(window.start_s), min(samples_at(window.end_s), total))
    before = audio[:, max(0, span[0] - samples_at(AROUND_S)) : span[0]]
    after = audio[:, span[1] : span[1] + samples_at(AROUND_S)]
    around = np.concatenate([before, after], axis=1)
    around = around if around.shape[1] >= SAMPLE_RATE_HZ else audio[:, span[0] : span[1]]
    new = with_tone(_part(piece, at_s, *span), around)
    whole_db = gain_between(new, around) or gain_between(new, audio) or 0.0
    reach = min(samples_at(AROUND_S), new.shape[1])
    head_db, tail_db = gain_between(new[:, :reach], before), gain_between(new[:, -reach:], after)
    new = with_gains(new, [(0, near(head_db, whole_db)), (new.shape[1], near(tail_db, whole_db))])
    samples = spliced(audio, new, *span, wishes.get("fade_ms", 20) / 1000)
    score = with_piece(base_score(song, found, grid, 0.0, length_s), piece, at_s, window)
    made = Reworked(
        score,
        replace(piece.plan, duration_s=length_s, lyrics=lyrics_of(score)),
        seed,
        spans=(span,),
        details={
            "window": {
                "start_s": window.start_s,
                "end_s": window.end_s,
                "start_bar": bar_number(found, window.start_s),
                "end_bar": bar_number(found, window.end_s - 0.1),
                "fade_ms": wishes.get("fade_ms", 20),
            },
            "charged_s": max(1.0, window.end_s - window.start_s),
            "changed": _changed(found, piece, at_s, window),
        },
    )
    clips = timed_clips(song, score, [(piece, at_s, window)], 0.0)
    take = ReworkedTake(made, samples, NO_CURVES, clips, kept_ranges(samples, [span], 0), True)
    return LaidTake(take, {**found, "melody": _outside(found, window)})


def _outside(found: Heard, window: Window) -> list[Any]:
    return [row for row in found["melody"] if not window.holds(float(row[0]))]


def _extended(
    song: KeptSong,
    wishes: Mapping[str, Any],
    seed: int,
    audio: Samples,
    monitor: Monitor,
    workers: int,
) -> LaidTake:
    found = _found(song)
    left_s, right_s = lengths_of(found, wishes, audio)
    length_s = audio.shape[1] / SAMPLE_RATE_HZ
    total_s = round(length_s + left_s + right_s, 4)
    at, total = samples_at(left_s), samples_at(total_s)
    samples = np.zeros((2, total), np.float32)
    samples[:, at : at + audio.shape[1]] = audio[:, : total - at]
    later = heard_later(found, left_s, total_s)
    both = bool(left_s) and bool(right_s)
    parts: list[tuple[MatchingPiece, float, Window]] = []
    spans: list[tuple[int, int]] = []
    if left_s:
        added = added_before(found, left_s, wishes, seed)
        piece = _made(found, added, monitor.span("rendering", 0.0, 0.5 if both else 1.0), workers)
        at_s, span = left_s + added.at_s, (0, at)
        new = with_tone(_part(piece, at_s, *span), audio)
        samples = spliced(samples, _settled(new, audio, to_end=True), *span, FADE_S)
        parts.append((piece, at_s, Window(0.0, left_s)))
        spans.append(span)
        later = heard_with(later, added, piece, left_s, Window(0.0, left_s))
    if right_s:
        added = added_after(found, right_s, wishes, seed, audio)
        piece = _made(found, added, monitor.span("rendering", 0.5 if both else 0.0, 1.0), workers)
        at_s, span = left_s + added.at_s, (at + samples_at(added.join_s), total)
        new = with_tone(_part(piece, at_s, *span), audio)
        samples = spliced(
            samples, _settled(new, audio[:, : samples_at(added.join_s)], to_end=False), *span, FADE_S
        )
        window = Window(left_s + added.join_s, total_s + 1.0)
        parts.append((piece, at_s, window))
        spans.append(span)
        later = heard_with(later, added, piece, left_s, window)
    score = base_score(song, later, parts[0][0].grid, left_s, total_s)
    for piece, at_s, window in parts:
        score = with_piece(score, piece, at_s, window)
    made = Reworked(
        score,
        replace(parts[-1][0].plan, duration_s=total_s, lyrics=lyrics_of(score)),
        seed,
        details={
            "left_s": left_s,
            "right_s": right_s,
            "at_s": left_s,
            "charged_s": left_s + right_s,
            "changed": _merged([_changed(later, *part) for part in parts]),
        },
    )
    clips = timed_clips(song, score, parts, left_s)
    take = ReworkedTake(made, samples, NO_CURVES, clips, kept_ranges(samples, spans, at), True)
    return LaidTake(take, later)


def _made(found: Heard, added: Added, monitor: Monitor, workers: int) -> MatchingPiece:
    return make_piece(found, added.grid, added.chords, added.wish, added.seed, monitor, workers)


def _part(piece: MatchingPiece, at_s: float, start: int, stop: int) -> Samples:
    """Return samples `start` to `stop` of the song from a piece that starts at `at_s`; silence elsewhere."""
    first = start - samples_at(at_s) if at_s >= 0 else start + samples_at(-at_s)
    made = np.zeros((2, stop - start), np.float32)
    source = piece.samples[:, max(0, first) : max(0, first + stop - start)]
    made[:, max(0, -first) : max(0, -first) + source.shape[1]] = source
    return made


def _settled(new: Samples, audio: Samples, *, to_end: bool) -> Samples:
    """Match the audio's loudness at the join, and that of the whole audio a few seconds away from it."""
    reach = samples_at(AROUND_S)
    whole_db = gain_between(new, audio) or 0.0
    size, settle = new.shape[1], min(new.shape[1], samples_at(SETTLE_S))
    if to_end:
        edge_db = gain_between(new[:, -min(reach, size) :], audio[:, :reach])
        return with_gains(
            new, [(0, whole_db), (size - settle, whole_db), (size, near(edge_db, whole_db, FADED_DB))]
        )
    edge_db = gain_between(new[:, : min(reach, size)], audio[:, -reach:])
    return with_gains(new, [(0, near(edge_db, whole_db, FADED_DB)), (settle, whole_db), (size, whole_db)])


def _changed(found: Heard, piece: MatchingPiece, at_s: float, window: Window) -> dict[str, Any]:
    lines = [
        line.text
        for line in piece.score.vocals
        if window.holds(at_s + piece.score.performed_seconds(line.onsets[0]))
    ]
    bars = [bar_number(found, window.start_s), bar_number(found, window.end_s - 0.1)]
    return {"bars": [bars], "tracks": tracks_of(piece, at_s, window), "lines": lines}


def _merged(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "bars": [bars for change in changes for bars in change["bars"]],
        "tracks": sorted({track for change in changes for track in change["tracks"]}),
        "lines": [line for change in changes for line in change["lines"]],
    }
