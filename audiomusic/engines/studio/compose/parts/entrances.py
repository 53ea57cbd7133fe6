"""Rests that a caption asks for: "no drums until the chorus", "ends with piano alone".

All notes are written first and removed here, so that the song otherwise equals the one of the same seed
without the wish.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from audiomusic.engines.captions.entries import PlayerEntry, SectionSpan, Window, outside, windows_of
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet
from audiomusic.engines.studio.score import DrumTrack, Note, Track

ANTICIPATED = 0.55  # quarters: a note struck this shortly before an entry is moved onto it
LEAST_LENGTH = 0.05


def with_entries(
    sheet: LeadSheet, tracks: Sequence[Track], drums: DrumTrack | None
) -> tuple[list[Track], DrumTrack | None]:
    """Return the band with the rests applied."""
    if not sheet.plan.entries or not sheet.sections:
        return list(tracks), drums
    kept = [replace(track, notes=_rested(track.notes, _rests(sheet, track.instrument))) for track in tracks]
    if drums is not None:
        hits = [hit for hit in drums.hits if not _is_in(hit.onset, _rests(sheet, "drums", hit.piece))]
        drums = replace(drums, hits=hits) if hits else None
    return [track for track in kept if track.notes], drums


def _rests(sheet: LeadSheet, player: str, piece: str = "") -> list[Window]:
    """Return where a player does not play."""
    spans = _spans(sheet)
    bar = sheet.metre.bar_quarters
    rests: list[Window] = []
    for entry in sheet.plan.entries:
        windows = windows_of(entry, spans, bar)
        if not windows:
            continue
        is_meant = _is_meant(entry, player, piece)
        if entry.rule == "silent" and is_meant:
            rests += windows
        elif entry.rule == "only" and is_meant:
            rests += outside(windows, spans)
        elif entry.rule == "alone" and not _is_named(sheet.plan.entries, entry, player, piece):
            rests += windows
    return rests


def _is_meant(entry: PlayerEntry, player: str, piece: str) -> bool:
    if entry.drums:
        return player == "drums" and entry.piece in ("", piece)
    return player in entry.silenced


def _is_named(entries: Iterable[PlayerEntry], alone: PlayerEntry, player: str, piece: str) -> bool:
    """Whether a player is among those that are alone together."""
    same = [
        entry
        for entry in entries
        if entry.rule == "alone" and (entry.sections, entry.reach) == (alone.sections, alone.reach)
    ]
    return any(_is_meant(entry, player, piece) for entry in same)


def _spans(sheet: LeadSheet) -> list[SectionSpan]:
    """Return the sections; the last one extends to the end of the piece."""
    spans = [SectionSpan(section.kind, section.onset, section.end) for section in sheet.sections]
    return [*spans[:-1], replace(spans[-1], end=max(spans[-1].end, sheet.stop))]


def _is_in(onset: float, windows: Sequence[Window]) -> bool:
    return any(start - 1e-6 <= onset < end - 1e-6 for start, end in windows)


def _rested(notes: Sequence[Note], rests: Sequence[Window]) -> list[Note]:
    """Remove notes that start in a rest unless they anticipate its end; cut notes that sound into one."""
    kept: list[Note] = []
    for note in notes:
        early = next((end for start, end in rests if start - 1e-6 <= note.onset < end - 1e-6), None)
        if early is not None:
            rest_of_note = note.onset + note.length - early
            if early - note.onset > ANTICIPATED or rest_of_note < LEAST_LENGTH or _is_in(early, rests):
                continue
            note = note._replace(onset=early, length=rest_of_note)
        end = note.onset + note.length
        edge = min((start for start, _ in rests if note.onset < start < end), default=None)
        kept.append(note if edge is None else note._replace(length=max(LEAST_LENGTH, edge - note.onset)))
    return kept
