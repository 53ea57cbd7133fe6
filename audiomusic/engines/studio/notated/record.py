"""Record a written score: what is performed, and what sound of an earlier recording is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from audiomusic.engines.base import EngineError
from audiomusic.engines.notation.errors import NotationError
from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.notation.tune import (
    WrittenTune,
    changed_bars,
    joined_ranges,
    ranges_of,
    with_words_of,
)
from audiomusic.engines.studio.notated.merge import INVALID, merged_score
from audiomusic.engines.studio.notated.view import bar_count, tune_of
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.cover import covered
from audiomusic.engines.studio.rework.edits.new_words import with_words
from audiomusic.engines.studio.rework.edits.reworked import (
    Reworked,
    Span,
    changed_tracks,
    lyrics_of,
    merged,
    samples_at,
)
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.score import Score, VocalLine

BAR_TAIL_S, LINE_LEAD_S, LINE_TAIL_S, GAP_S = 0.15, 0.25, 0.5, 0.5
EDGE = 1e-6
SAME = (
    "metre",
    "duration_s",
    "lead_in_s",
    "swing",
    "swing_grid",
    "mix",
    "humanise_ms",
    "seed",
    "voice",
    "singers",
)


def written_tune(abc: str, before: WrittenTune) -> WrittenTune:
    """Parse the text as a melody, with the words of the one before if it has none. Raises EngineError."""
    try:
        return with_words_of(before, read_abc(abc, sings=bool(before.vocal)))
    except NotationError as error:
        raise EngineError(f"INVALID_SCORE: {error}", INVALID) from None


def scored(song: KeptSong, operation: Mapping[str, Any], seed: int) -> Reworked:
    """Return a written, revised or edited score.

    `operation`: name (record, revise), abc (None: the song's own), lyrics, style, seed (None: the score's
    own). Raises EngineError.
    """
    document = song.written or song.document
    base = song.written_song or song
    before = tune_of(document)
    score, plan = base.score, base.plan
    comparison: dict[str, list[list[int]]] = {"Vocal": [], "Ins": []}
    if operation.get("abc"):
        tune = written_tune(operation["abc"], before)
        score = merged_score(score, before, tune).score
        comparison = changed_bars(before, tune)
        plan = _planned(plan, score)
    if operation.get("lyrics"):
        words = with_words(score, plan, operation["lyrics"])
        sung = {line_bar(words.score, words.score.vocals[number]) for number in words.lines if number >= 0}
        comparison["Vocal"] = joined_ranges(comparison["Vocal"], ranges_of(sorted(sung)))
        score, plan = words.score, words.plan
    details: dict[str, Any] = {"changed_bars": comparison}
    if operation.get("style"):
        wishes = {"caption": operation["style"], "strength": 1.0, "lyrics": None}
        styled = covered(replace(base, score=score, plan=plan), wishes, seed)
        return replace(styled, details={**details, "changed": styled.details["changed"]})
    if operation.get("performance_seed") is not None:
        score = replace(score, seed=int(operation["performance_seed"]))
    changed = changed_tracks(song.score, score)
    spans = changed_spans(song.score, score) if operation.get("keeps_audio") else None
    details |= {"changed": {"tracks": changed, "bars": [], "lines": []}, "keeps_audio": spans is not None}
    return Reworked(score, plan, base.seed, spans=spans, details=details)


def line_bar(score: Score, line: VocalLine) -> int:
    """Return the bar, from 0, in which most of a line is sung."""
    return int(line.onsets[len(line.onsets) // 2] / score.metre.bar_quarters + EDGE)


def _planned(plan: Plan, score: Score) -> Plan:
    """Return the plan updated to match the score, for later operations."""
    bars = score.metre.bar_quarters
    rows = []
    old = {section.label: section for section in plan.sections}
    spare = plan.sections[-1] if plan.sections else None
    for section in score.sections:
        like = old.get(section.label) or spare
        if like is not None:
            rows.append(replace(like, kind=section.kind, label=section.label, bars=section.length / bars))
    return replace(
        plan,
        metre=score.metre,
        key=score.key,
        duration_s=score.duration_s,
        sections=tuple(rows),
        lyrics=lyrics_of(score) if score.vocals else plan.lyrics,
        language=plan.language or ("en" if score.vocals else None),
    )


def changed_spans(before: Score, after: Score) -> tuple[Span, ...] | None:
    """Return where the sound has changed, or None if it has changed throughout."""
    if any(getattr(before, name) != getattr(after, name) for name in SAME):
        return None
    if [section.energy for section in before.sections] != [section.energy for section in after.sections]:
        return None
    if len(before.tracks) != len(after.tracks) or (before.drums is None) != (after.drums is None):
        return None
    size, count = before.metre.bar_quarters, bar_count(before)
    spans: list[tuple[float, float]] = []
    for bar in sorted(_changed_bars(before, after, size, count)):
        start = before.performed_seconds(bar * size)
        spans.append((max(0.0, start - 0.02), before.performed_seconds((bar + 1) * size) + BAR_TAIL_S))
    for line in _changed_lines(before, after):
        start, stop = line
        spans.append((max(0.0, start - LINE_LEAD_S), stop + LINE_TAIL_S))
    end_s = before.duration_s
    return tuple(
        (samples_at(start), samples_at(min(end_s, stop)))
        for start, stop in merged(spans, GAP_S)
        if start < end_s
    )


def _changed_bars(before: Score, after: Score, size: float, count: int) -> set[int]:
    found: set[int] = set()
    for old, new in zip(before.tracks, after.tracks, strict=True):
        for note in set(old.notes) ^ set(new.notes):
            found |= _bars_of(note.onset, note.onset + note.length, size, count)
    if before.drums and after.drums:
        for hit in set(before.drums.hits) ^ set(after.drums.hits):
            found |= _bars_of(hit.onset, hit.onset + 0.5, size, count)
    return found


def _bars_of(start: float, stop: float, size: float, count: int) -> set[int]:
    first, last = int(start / size + EDGE), int((stop - EDGE) / size + EDGE)
    return set(range(max(0, first), min(count - 1, max(first, last)) + 1))


def _changed_lines(before: Score, after: Score) -> Sequence[tuple[float, float]]:
    def name(line: Any) -> tuple[Any, ...]:
        return (
            line.role,
            line.singer,
            line.text,
            tuple(line.onsets),
            tuple(line.lengths),
            tuple(line.pitches),
        )

    old, new = {name(line): line for line in before.vocals}, {name(line): line for line in after.vocals}
    return [
        (
            before.performed_seconds(line.onsets[0]),
            before.performed_seconds(line.onsets[-1] + line.lengths[-1]),
        )
        for key in old.keys() ^ new.keys()
        for line in [old.get(key) or new[key]]
    ]
