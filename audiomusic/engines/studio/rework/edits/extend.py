"""Extend a song after its end or before its start: new sections on its grid, in its key, by its band.

The source stays sample for sample except for its last bars, which lead on instead of ending. The whole is
mixed once, and the new part is matched to the source's level at the join.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audiomusic.engines.base import EngineError, SongRequest
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.compose.form import PlannedSection
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.rework.edits.asked_words import check_sung
from audiomusic.engines.studio.rework.edits.repaint import Window, merge
from audiomusic.engines.studio.rework.edits.reworked import (
    Joins,
    Reworked,
    bars_of,
    changed_tracks,
    lyrics_of,
    samples_at,
)
from audiomusic.engines.studio.rework.kept_song import KeptSong
from audiomusic.engines.studio.rework.syllable_counts import counted_for
from audiomusic.engines.studio.score import DrumTrack, Score, Track, VocalLine

MOST_JOIN_S = 8.0
LEAST_BARS = 1.0
MOST_PICKUP_S, PICKUP_LEAD_S = 1.0, 0.05  # of a sung line before its section, and of silence before that


def extended(song: KeptSong, wishes: Mapping[str, Any], seed: int) -> Reworked:
    """Extend a song.

    `wishes`: left_s, right_s, caption, lyrics, left_lyrics, and all_words: whether a line that is not sung is
    an error (takes from before that rule are rendered again without it). Raises EngineError.
    """
    left_s, right_s = float(wishes["left_s"]), float(wishes["right_s"])
    old, metre = song.score, song.plan.metre
    total = (old.duration_s - old.lead_in_s) / metre.quarter_s
    end = min(total, sum(section.bars for section in song.plan.sections) * metre.bar_quarters)
    left_bars = math.floor((left_s + old.lead_in_s) / metre.bar_s + 1e-6)
    shift = left_bars * metre.bar_quarters
    lead_in_s = left_s + old.lead_in_s - left_bars * metre.bar_s
    before = _sections(song, wishes, left_bars, wishes.get("left_lyrics"), "Intro", seed) if left_bars else ()
    right_bars = _right_bars(song.plan, right_s)
    behind = _sections(song, wishes, right_bars, wishes.get("lyrics"), "", seed) if right_s else ()
    duration_s = round(old.duration_s + left_s + right_s, 4)
    plan = replace(
        song.plan,
        sections=(*before, *_played(song.plan, end), *behind),
        duration_s=round(duration_s - lead_in_s, 4),
    )
    moved = shifted(old, shift, lead_in_s)
    given = Given(
        chords=tuple(moved.chords),
        start=shift,
        stop=shift + end if right_s else math.inf,
    )
    fresh = compose(plan, song.seed, counted_for(song.score.reader), given)
    fresh = replace(fresh, lead_in_s=lead_in_s, duration_s=duration_s)
    at_s = left_s
    join_s = _join_s(song, end, right_s)
    all_words = bool(wishes.get("all_words"))
    if right_s and all_words:
        join_s = _before_pickup(moved, fresh, at_s + join_s, shift + end) - at_s
    base = replace(
        moved, duration_s=duration_s, sections=fresh.sections, chords=fresh.chords, seed=old.seed
    )  # fmt: skip
    score = base
    if right_s:
        score = _taken(score, fresh, Window(at_s + join_s, duration_s + 1.0))
    if left_bars:
        score = _taken(score, fresh, Window(0.0, at_s))
    if all_words:
        _check_words(score, moved, wishes, plan)
    joins = Joins(samples_at(at_s), 0, samples_at(join_s if right_s else old.duration_s))
    new = ([(0.0, at_s)] if left_s else []) + ([(at_s + join_s, duration_s)] if right_s else [])
    return Reworked(
        score,
        replace(plan, lyrics=lyrics_of(score)),
        song.seed,
        joins=joins,
        details={
            "left_s": left_s,
            "right_s": right_s,
            "at_s": at_s,
            "sections": [section.label for section in (*before, *behind)],
            "changed": {
                "bars": bars_of(score, new),
                "tracks": changed_tracks(moved, score),
                "lines": [line.text for line in score.vocals if line not in moved.vocals],
            },
        },
    )


def shifted(score: Score, quarters: float, lead_in_s: float) -> Score:
    """Return the score that many quarters later, after another silence."""
    return replace(
        score,
        lead_in_s=lead_in_s,
        sections=[replace(section, onset=section.onset + quarters) for section in score.sections],
        chords=[span._replace(onset=span.onset + quarters) for span in score.chords],
        tracks=[_shifted_track(track, quarters) for track in score.tracks],
        drums=_shifted_drums(score.drums, quarters),
        vocals=[replace(line, onsets=[onset + quarters for onset in line.onsets]) for line in score.vocals],
        notes=_shifted_notes(score, quarters),
    )


def _shifted_track(track: Track, quarters: float) -> Track:
    return replace(track, notes=[note._replace(onset=note.onset + quarters) for note in track.notes])


def _shifted_drums(drums: DrumTrack | None, quarters: float) -> DrumTrack | None:
    if drums is None:
        return None
    return replace(drums, hits=[hit._replace(onset=hit.onset + quarters) for hit in drums.hits])


def _shifted_notes(score: Score, quarters: float) -> dict[str, Any]:
    lift = score.notes.get("lift")
    return {**score.notes, "lift": {**lift, "onset": lift["onset"] + quarters}} if lift else dict(score.notes)


def _played(plan: Plan, end: float) -> list[PlannedSection]:
    """Return the plan's sections as far as they are heard: a requested length may cut the last one."""
    sections, left = [], end / plan.metre.bar_quarters
    for section in plan.sections:
        bars = min(section.bars, left)
        if bars > 0:
            sections.append(replace(section, bars=bars))
        left -= bars
    return sections


def _right_bars(plan: Plan, right_s: float) -> int:
    """Return the whole bars from the source's last chord to the new one, which rings at least as long."""
    return max(1, math.floor(right_s / plan.metre.bar_s + 1e-6)) if right_s else 0


def _join_s(song: KeptSong, end: float, right_s: float) -> float:
    """Return where the source is left: where its last chord would fall, or before its slow ending."""
    score = song.score
    if not right_s:
        return score.duration_s
    fade_s = float(score.notes.get("fade_out_s", 0.0))
    last_s = score.performed_seconds(end) - 0.02
    least_s = max(0.0, score.duration_s - max(MOST_JOIN_S, 2 * song.plan.metre.bar_s))
    join_s = min(last_s, score.duration_s - 0.05)
    if fade_s:
        return max(0.0, min(join_s, score.duration_s - fade_s))
    return max(join_s, least_s)


def _check_words(score: Score, moved: Score, wishes: Mapping[str, Any], plan: Plan) -> None:
    """Check that all new words are sung. Raises EngineError."""
    new_lines = [line for line in score.vocals if line not in moved.vocals]
    for lyrics, place in ((wishes.get("lyrics"), "at the end"), (wishes.get("left_lyrics"), "before")):
        check_sung(new_lines, lyrics, plan, f"The seconds that are added {place} have")


def _before_pickup(old: Score, fresh: Score, join_s: float, end: float) -> float:
    """Return a join early enough to sing the first new line from its start, which may precede its section,
    unless an old line starts in between. `end` is the end of the old sections in quarters."""
    starts = [
        fresh.performed_seconds(line.onsets[0])
        for line in fresh.vocals
        if line.onsets[len(line.onsets) // 2] >= end
    ]
    early_s = min(starts, default=join_s) - PICKUP_LEAD_S
    if not join_s - MOST_PICKUP_S <= early_s < join_s:
        return join_s
    is_sung = any(early_s <= old.performed_seconds(line.onsets[0]) < join_s for line in old.vocals)
    return join_s if is_sung else early_s


def _sections(
    song: KeptSong, wishes: Mapping[str, Any], bars: int, lyrics: str | None, label: str, seed: int
) -> tuple[PlannedSection, ...]:
    """Return new sections with that many bars, as the caption and words ask."""
    plan = song.plan
    if label and not lyrics:
        return (PlannedSection("intro", label, bars, round(0.5 * plan.energy + 0.1, 3)),)
    caption = wishes["caption"]
    text = lyrics or _old_words(plan, caption)
    asked = SongRequest(
        kind=plan.kind if text or plan.kind != "song" else "instrumental",
        caption=caption,
        seeds=(seed,),
        lyrics=text,
        duration_s=bars * plan.metre.bar_s,
        max_duration_s=bars * plan.metre.bar_s,
        bpm=plan.bpm,
        keyscale=plan.key.name,
        timesignature=plan.metre.name if plan.metre.name in ("2/4", "3/4", "4/4", "6/8") else None,
        genre=plan.genre,
        vocal_language=plan.language,
    )
    made = make_plan(asked, seed)
    return _of_length(made, plan, bars)


def _old_words(plan: Plan, caption: str) -> str:
    """Return the chorus's words if the caption asks for a chorus and no words are sent."""
    if not any(word in caption.casefold() for word in ("chorus", "hook", "refrain", "outro")):
        return ""
    chorus = next(
        (section for section in plan.sections if section.kind in ("chorus", "hook") and section.lines), None
    )
    return "\n".join(["[Chorus]", *chorus.lines]) if chorus else ""


def _of_length(made: Plan, plan: Plan, bars: int) -> tuple[PlannedSection, ...]:
    """Cut or extend the sections to that many bars, with labels not yet used in the song."""
    sections: list[PlannedSection] = []
    left = float(bars)
    wanted = [section for section in made.sections if section.kind != "intro" or section.lines] or list(
        made.sections
    )
    for section in wanted:
        if left < LEAST_BARS:
            break
        length = min(section.bars, left)
        sections.append(replace(section, bars=length, lift=0, finale=False, cast=()))
        left -= length
    if not sections:
        sections, left = [PlannedSection("outro", "Outro", bars, 0.5 * plan.energy)], 0.0
    if left > 0:
        last = sections[-1]
        if last.lines:
            sections.append(PlannedSection("outro", "Outro", left, round(0.6 * plan.energy, 3)))
        else:
            sections[-1] = replace(last, bars=last.bars + left)
    taken = {section.label for section in plan.sections}
    named = []
    for section in sections:
        label, number = section.label, 2
        while label in taken:
            label, number = f"{section.label.rstrip(' 0123456789')} {number}", number + 1
        taken.add(label)
        named.append(replace(section, label=label))
    missing = [line for section in made.sections for line in section.lines]
    sung = [line for section in named for line in section.lines]
    if len(sung) < len(missing):
        raise EngineError(
            f"The added {bars} bar(s) have no room for the line {missing[len(sung)]!r}.", "words_do_not_fit"
        )
    return tuple(named)


def _taken(base: Score, fresh: Score, window: Window) -> Score:
    """Replace a window of the base with the fresh score; lines are taken if they start in it."""
    lines = [line for line in base.vocals if not _begins(base, line, window)]
    lines += [line for line in fresh.vocals if _begins(base, line, window)]
    lines.sort(key=lambda line: (line.onsets[0], line.role != "lead", line.role))
    return merge(base, fresh, window, lines)


def _begins(score: Score, line: VocalLine, window: Window) -> bool:
    return window.holds(score.performed_seconds(line.onsets[0]))
