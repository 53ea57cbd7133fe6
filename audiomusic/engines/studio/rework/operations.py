"""Create new takes from a kept song and an operation.

An operation changes the score first. Whatever it leaves unchanged is not rendered again: new audio is spliced
into the old master, and the unchanged ranges are listed with their hashes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from audiomusic.engines.analysis.sound_ranges import kept_ranges
from audiomusic.engines.base import EngineError, Monitor, silent_monitor
from audiomusic.engines.encoding import encode, read_pcm24
from audiomusic.engines.studio import master as mastering
from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.mixdown import MixCurves, mix_with_curves
from audiomusic.engines.studio.notated.record import scored
from audiomusic.engines.studio.rework.edits.cover import covered
from audiomusic.engines.studio.rework.edits.extend import extended
from audiomusic.engines.studio.rework.edits.new_words import with_words
from audiomusic.engines.studio.rework.edits.reference import referred
from audiomusic.engines.studio.rework.edits.remix import remixed
from audiomusic.engines.studio.rework.edits.repaint import repainted
from audiomusic.engines.studio.rework.edits.retake import retaken
from audiomusic.engines.studio.rework.edits.reworked import (
    Joins,
    Reworked,
    Span,
    bars_of,
    changed_tracks,
    lyrics_of,
    merged,
    samples_at,
)
from audiomusic.engines.studio.rework.kept_song import KeptSong, unpack_song
from audiomusic.engines.studio.rework.sketch import NO_CURVES
from audiomusic.engines.studio.rework.sound_of import in_the_sound_of, is_heard
from audiomusic.engines.studio.rework.splice import FADE_S, spliced
from audiomusic.engines.studio.rework.window import (
    edited_curves,
    line_span,
    render_window,
    seconds_of,
    sung_in,
)
from audiomusic.engines.studio.score import Score
from audiomusic.engines.studio.voice import sing
from audiomusic.engines.units import db_to_gain

Samples = npt.NDArray[np.float32]

LINE_LEAD_S, LINE_TAIL_S, LINE_GAP_S = 0.25, 0.7, 1.0  # of new audio around a line with new words
MATCHED_S, MOST_MATCH_DB = 4.0, 6.0  # of the source at a join, to whose level the new part is matched


class ReworkedTake:
    """One take: its samples, its mastering curves, and the kept ranges of the source."""

    def __init__(
        self,
        made: Reworked,
        samples: Samples,
        curves: MixCurves,
        clips: Sequence[VocalClip],
        kept: Sequence[Mapping[str, Any]],
        is_pieced: bool = False,
        join_gains: Sequence[float] = (),
    ) -> None:
        self.made, self.samples, self.curves, self.clips, self.kept = made, samples, curves, clips, kept
        self.is_pieced = is_pieced  # old and new audio spliced: no single set of curves made all of it
        self.join_gains = join_gains  # gains that matched new parts to the old level


def apply_operation(song: KeptSong, operation: Mapping[str, Any], seed: int) -> Reworked:
    """Return the new score. Raises EngineError if the operation is impossible."""
    name = operation["name"]
    if name == "retake":
        return _retaken(song, float(operation["variance"]), seed)
    if name == "repaint":
        return repainted(song, operation, seed)
    if name == "extend":
        return extended(song, operation, seed)
    if name == "cover":
        return covered(song, operation, seed)
    if name == "reference":
        return referred(song, operation, seed)
    if name in ("record", "revise"):
        return scored(song, operation, seed)
    return _edited(song, operation, seed)


def _retaken(song: KeptSong, variance: float, seed: int) -> Reworked:
    """Retake a song. If it was itself reworked, repeat its last operation with another seed."""
    if song.is_composed or variance <= 0 or not song.operation or song.parent is None:
        return retaken(song, variance, seed)
    parent = unpack_song(song.parent)
    operation = song.operation
    if operation["name"] == "edit" and operation["type"] != "remix":  # nothing in it is random
        again = retaken(parent, variance, seed)
        base = replace(parent, score=again.score, plan=again.plan, seed=again.seed)
        made = apply_operation(base, operation, seed)
    else:
        made = apply_operation(parent, operation, seed)
    details = {**made.details, "again": operation["name"]}
    details["changed"] = {"tracks": changed_tracks(song.score, made.score), "bars": [], "lines": []}
    return replace(made, spans=None, joins=None, details=details)


def _edited(song: KeptSong, operation: Mapping[str, Any], seed: int) -> Reworked:
    kind = operation["type"]
    if kind == "mix":
        return remixed(song, operation["caption"])
    if kind == "remix":
        wishes = {**operation, "strength": 1.0, "genre": None}
        return covered(song, wishes, seed)
    words = with_words(song.score, song.plan, operation["lyrics"])
    if not words.lines:
        raise EngineError("The song already has these words.", "nothing_to_change")
    spans = _spans_of_words(song.score, words.score, words.lines)
    return Reworked(
        words.score,
        words.plan,
        song.seed,
        spans=spans,
        details={
            "changed": {
                "bars": bars_of(song.score, [seconds_of(span) for span in spans]),
                "tracks": ["vocals"],
                "lines": [words.score.vocals[number].text for number in words.lines if number >= 0],
            }
        },
    )


def _spans_of_words(before: Score, after: Score, lines: Sequence[int]) -> tuple[Span, ...]:
    """Return where the singing changes: around every line with other words, or with none any more."""
    same = {(line.role, line.singer, line.text, tuple(line.onsets)) for line in after.vocals}
    gone = [
        line for line in before.vocals if (line.role, line.singer, line.text, tuple(line.onsets)) not in same
    ]
    changed = [after.vocals[number] for number in lines if number >= 0]
    spans = [seconds_of(line_span(before, line)) for line in (*gone, *changed)]
    end_s = before.duration_s
    wide = [(max(0.0, start - LINE_LEAD_S), min(end_s, stop + LINE_TAIL_S)) for start, stop in spans]
    return tuple((samples_at(start), samples_at(stop)) for start, stop in merged(wide, LINE_GAP_S))


def make_take(
    song: KeptSong,
    operation: Mapping[str, Any],
    seed: int,
    master: Callable[[], Samples],
    monitor: Monitor,
    workers: int,
) -> ReworkedTake:
    """Create one take. `master` returns the source's samples as stored."""
    monitor.span("composing", 0.0, 0.02).tick(0.0)
    made = apply_operation(song, operation, seed)
    if operation["name"] == "revise":  # a score that no one plays yet
        return ReworkedTake(made, np.zeros((2, 0), np.float32), NO_CURVES, [], [])
    if operation["name"] == "reference" and is_heard(song):
        made = in_the_sound_of(made, master())
    if made.joins is not None:
        return _joined(made, made.joins, master(), monitor, workers)
    if made.spans is not None:
        return _laid_in(song, made, made.spans, master(), monitor, workers)
    clips = sing(made.score, monitor.span("singing", 0.05, 0.25), workers)
    mixed = mix_with_curves(made.score, clips, monitor.span("rendering", 0.25, 1.0), workers)
    return ReworkedTake(made, mixed.samples, mixed.curves, clips, [])


def _laid_in(
    song: KeptSong, made: Reworked, spans: Sequence[Span], master: Samples, monitor: Monitor, workers: int
) -> ReworkedTake:
    clips = sung_in(made.score, spans, monitor.span("singing", 0.05, 0.4), workers)
    curves = edited_curves(song.score, made.score, song.curves, spans, clips)
    samples = master
    for number, span in enumerate(spans):
        part = monitor.span(
            "rendering", 0.4 + 0.6 * number / len(spans), 0.4 + 0.6 * (number + 1) / len(spans)
        )
        sound = render_window(made.score, curves, span, clips, part, workers)
        samples = spliced(samples, sound, *span, made.fade_s)
    clips = _all_words(song, made.score, clips)
    is_pieced = bool(spans) or bool(song.document.get("is_pieced"))
    return ReworkedTake(made, samples, curves, clips, kept_ranges(samples, spans, 0), is_pieced)


def _all_words(song: KeptSong, score: Score, clips: Sequence[VocalClip]) -> list[VocalClip]:
    """Return a clip per line, so that every word has its time. Lines not sung again have a silent clip with
    their kept times."""
    from audiomusic.engines.studio.score import SungWord

    known: dict[tuple[Any, ...], Any] = {}
    for line, kept in zip(song.score.vocals, song.document["vocals"], strict=True):
        known[line.role, line.singer, line.text, line.onsets[0]] = kept["words"]
    sung = {clip.line: clip for clip in clips}
    whole = []
    for number, line in enumerate(score.vocals):
        words = known.get((line.role, line.singer, line.text, line.onsets[0]))
        if words is not None:
            timed = [SungWord(*word) for word in words]
            silent = VocalClip(0.0, torch.zeros(0), line.role, number, timed, line.singer)
            whole.append(replace(sung.get(number, silent), words=timed))
        elif number in sung:
            whole.append(sung[number])
    return whole


def _joined(made: Reworked, joins: Joins, master: Samples, monitor: Monitor, workers: int) -> ReworkedTake:
    clips = sing(made.score, monitor.span("singing", 0.05, 0.25), workers)
    mixed = mix_with_curves(made.score, clips, monitor.span("rendering", 0.25, 1.0), workers)
    new, spans = mixed.samples, new_spans(joins, mixed.samples.shape[1])
    song = placed(master, joins, new.shape[1])
    reach, gains = samples_at(MATCHED_S), []
    for first, last in spans:
        old = slice(last, last + reach) if first == 0 else slice(max(joins.at, first - reach), first)
        gains.append(_level_gain(new, song, slice(old.start, min(old.stop, joins.at + joins.last))))
    parts = [
        np.ascontiguousarray(new[:, slice(*span)]) * np.float32(gain)
        for span, gain in zip(spans, gains, strict=True)
    ]
    for span, part in zip(spans, parts, strict=True):
        mastering.limited_to_ceiling(part)
        song = spliced(song, part, *span, FADE_S)
    return ReworkedTake(made, song, mixed.curves, clips, kept_ranges(song, spans, joins.at), True, gains)


def new_spans(joins: Joins, total: int) -> list[Span]:
    """Return the ranges before the song, and from where it is left."""
    return [span for span in ((0, joins.at), (joins.at + joins.last, total)) if span[0] < span[1]]


def placed(master: Samples, joins: Joins, total: int) -> Samples:
    """Return the old song at its position in the new one."""
    song = np.zeros((2, total), np.float32)
    room = min(master.shape[1], total - joins.at)
    song[:, joins.at : joins.at + room] = master[:, :room]
    return song


def _level_gain(new: Samples, old: Samples, there: slice) -> float:
    """Return the gain that matches the new audio's level to the old one's where both exist."""
    ours, theirs = (float(np.sqrt(np.square(sound[:, there]).mean())) for sound in (new, old))
    most = db_to_gain(MOST_MATCH_DB)
    return min(most, max(1 / most, theirs / ours)) if ours > 1e-6 and theirs > 1e-6 else 1.0


def as_stored(samples: Samples) -> Samples:
    """Return samples as a take's master stores them: in 24 bits."""
    with tempfile.TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / "master.flac"
        encode(samples, path, "flac")
        return read_pcm24(path)


def remade(song: KeptSong, workers: int) -> Samples:
    """Return the song's stored samples, rendered again from what was kept, including its source."""
    if song.operation is None or song.parent is None:
        clips = sing(song.score, silent_monitor(), workers)
        return as_stored(mix_with_curves(song.score, clips, silent_monitor(), workers).samples)
    parent = unpack_song(song.parent)
    take = make_take(
        parent,
        song.operation,
        int(song.operation["seed"]),
        lambda: remade(parent, workers),
        silent_monitor(),
        workers,
    )
    return as_stored(take.samples)


def lyrics_sung(made: Reworked) -> str:
    """Return the new song's words as a job shows them."""
    return made.plan.lyrics or lyrics_of(made.score)
