"""The result of an operation on a song's score, before any audio is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.syllable_room import line_middle, sung_sections
from audiomusic.engines.studio.rework.edits.word_places import SungSection
from audiomusic.engines.studio.score import Score
from audiomusic.engines.units import seconds_to_samples

Span = tuple[int, int]  # samples: first, and one past the last
BAR_SLACK = 1e-6


@dataclass(frozen=True, eq=False)
class Reworked:
    """A reworked score. `spans`: where new audio replaces the old master; None: render all of it again."""

    score: Score
    plan: Plan
    seed: int
    is_composed: bool = False  # composing the plan with the seed gives this score
    spans: tuple[Span, ...] | None = None
    fade_s: float = 0.02
    line_gains_db: Mapping[int, float] = field(default_factory=dict)
    joins: Joins | None = None
    details: Mapping[str, Any] = field(default_factory=dict)  # for `effective.operation`
    not_applied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Joins:
    """Where an extended song contains its source: from sample `first` up to `last` of the source, at sample
    `at` of the new song."""

    at: int
    first: int
    last: int


def samples_at(seconds: float) -> int:
    return seconds_to_samples(seconds, SAMPLE_RATE_HZ)


def bars_of(score: Score, spans: Iterable[tuple[float, float]]) -> list[list[int]]:
    """Return spans in seconds as 1-based bars, first and last of each."""
    bar_s = score.metre.bar_s
    found = []
    for start_s, stop_s in spans:
        first = int((max(0.0, start_s - score.lead_in_s)) / bar_s + BAR_SLACK)
        last = int((max(0.0, stop_s - score.lead_in_s)) / bar_s - BAR_SLACK)
        found.append([first + 1, max(first, last) + 1])
    return found


def changed_tracks(before: Score, after: Score) -> list[str]:
    """Return the roles whose notes differ; "drums" and "vocals" for those."""
    old, new = _parts(before), _parts(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _parts(score: Score) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for track in score.tracks:
        parts.setdefault(track.role, []).append((track.instrument, track.notes))
    if score.drums and score.drums.hits:
        parts["drums"] = (score.drums.kit, score.drums.hits)
    if score.vocals:
        parts["vocals"] = [(line.text, line.onsets, line.lengths, line.pitches) for line in score.vocals]
    return parts


def changed_share(before: Score, after: Score) -> float:
    """Return the share of notes that differ, 0..1. A note is identified by player, time and pitch."""
    old, new = note_set(before), note_set(after)
    whole = max(len(old), len(new))
    return 1 - len(old & new) / whole if whole else 0.0


def note_set(score: Score) -> set[tuple[Any, ...]]:
    notes: set[tuple[Any, ...]] = set()
    for track in score.tracks:
        notes |= {
            (track.role, track.instrument, round(note.onset, 4), note.pitch, round(note.length, 4))
            for note in track.notes
        }
    if score.drums:
        notes |= {(score.drums.kit, hit.piece, round(hit.onset, 4)) for hit in score.drums.hits}
    for line in score.vocals:
        rows = zip(line.onsets, line.lengths, line.pitches, strict=True)
        notes |= {
            (line.role, line.singer, round(onset, 4), pitch, round(length, 4))
            for onset, length, pitch in rows
        }
    return notes


def merged(spans: Sequence[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    """Sort spans, and merge those less than `gap_s` apart."""
    together: list[tuple[float, float]] = []
    for start, stop in sorted(spans):
        if together and start - together[-1][1] < gap_s:
            together[-1] = (together[-1][0], max(stop, together[-1][1]))
        else:
            together.append((start, stop))
    return together


def lyrics_of(score: Score) -> str:
    """Return what the lead sings, with section tags and with the answers in brackets."""
    leads = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    leads.sort(key=lambda number: score.vocals[number].onsets[0])
    rows: list[str] = []
    for room in rooms_of(score, leads):
        rows.append(f"[{room.label}]")
        rows += [_with_answers(score, leads, place) for place in room.lines]
    return "\n".join(rows)


def _with_answers(score: Score, leads: Sequence[int], place: int) -> str:
    line = score.vocals[leads[place]]
    until = score.vocals[leads[place + 1]].onsets[0] if place + 1 < len(leads) else float("inf")
    said = {score.vocals[number].text for number in leads}
    answers = [
        other.text
        for other in score.vocals
        if other.role == "harmony" and line.onsets[0] < other.onsets[0] < until and other.text not in said
    ]
    return f"{line.text} ({', '.join(dict.fromkeys(answers))})" if answers else line.text


def rooms_of(score: Score, leads: Sequence[int]) -> list[SungSection]:
    """Return the sung sections of a score; their lines are indexes into `leads`."""
    sections = [(section.kind, section.label, section.onset) for section in score.sections]
    rows = [score.vocals[number] for number in leads]
    return sung_sections(
        sections, [(line.section, line_middle(line.onsets, line.lengths), line.text) for line in rows]
    )
