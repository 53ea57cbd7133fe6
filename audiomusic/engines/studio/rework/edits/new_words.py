"""Set other words to an existing melody.

A line with the same number of syllables keeps every note. With fewer, neighbouring notes are tied; with more,
long notes are split. A line keeps its start and end, its first and last pitch, and its contour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.compose.form import PlannedSection
from audiomusic.engines.studio.lyrics import split_ad_lib
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.reworked import lyrics_of, rooms_of
from audiomusic.engines.studio.rework.edits.syllable_room import SHORTEST_S, sung_lines, tied_to
from audiomusic.engines.studio.rework.edits.word_places import Rows, SungSection, words_by_section
from audiomusic.engines.studio.score import Score, VocalLine
from audiomusic.engines.studio.voice import syllabify

DO_NOT_FIT = "words_do_not_fit"


@dataclass(frozen=True, eq=False)
class NewWords:
    """A score with new words. `lines` are the numbers of the lines whose words changed."""

    score: Score
    plan: Plan
    lines: tuple[int, ...]


def with_words(score: Score, plan: Plan, lyrics: str) -> NewWords:
    """Return the score with other words, matched line by line within its sections. Raises EngineError with
    the line that does not fit, and how many syllables would."""
    leads = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    if not leads:
        raise EngineError("No one sings in this song, so there is no melody for the words.", DO_NOT_FIT)
    rooms, rows = _matched(score, plan, leads, lyrics)
    texts = _texts(score, leads, rooms, rows)
    vocals = list(score.vocals)
    changed: list[int] = []
    for number in leads:
        wanted = texts.get(number, "")
        for place in company_of(score, number):
            line = score.vocals[place]
            if wanted and wanted != line.text:
                vocals[place] = fitted(line, wanted, score)
                changed.append(place)
            elif not wanted:
                vocals[place] = replace(line, onsets=[])
                changed.append(place)
    kept = [(number, line) for number, line in enumerate(vocals) if line.onsets]
    moved = {number: place for place, (number, _) in enumerate(kept)}
    song = replace(score, vocals=[line for _, line in kept])
    plan = replace(plan, lyrics=lyrics_of(song), sections=_planned(plan, rooms, rows))
    return NewWords(song, plan, tuple(moved.get(number, -1) for number in sorted(set(changed))))


def with_planned_words(score: Score, plan: Plan, lyrics: str) -> Plan:
    """Return the plan with other words in its form, for a melody still to be composed. Raises EngineError if
    there are more lines than the form has."""
    leads = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    if not leads:
        raise EngineError("No one sings in this song, so it cannot have other lyrics.", DO_NOT_FIT)
    rooms, rows = _matched(score, plan, leads, lyrics)
    sections = list(plan.sections)
    for room, row in zip(rooms, rows, strict=True):
        if row is not None and room.place < len(sections):
            sections[room.place] = replace(sections[room.place], lines=tuple(row))
    return replace(plan, lyrics=lyrics, sections=tuple(sections))


def _matched(
    score: Score, plan: Plan, leads: Sequence[int], lyrics: str
) -> tuple[Sequence[SungSection], Rows]:
    """Return the sung sections and the new lines of each. Raises EngineError."""
    rooms, is_rap = rooms_of(score, leads), plan.kind == "rap"
    try:
        rows = words_by_section(rooms, *(sung_lines(text, rap=is_rap) for text in (lyrics, plan.lyrics)))
    except ValueError as error:
        raise EngineError(str(error), DO_NOT_FIT) from None
    return rooms, rows


def _texts(
    score: Score, leads: Sequence[int], rooms: Sequence[SungSection], rows: Sequence[list[str] | None]
) -> dict[int, str]:
    """Map lead lines to their new words; "" for a line that is no longer sung."""
    texts = {}
    for room, row in zip(rooms, rows, strict=True):
        for place, line in enumerate(room.lines):
            number = leads[line]
            if row is None:
                texts[number] = score.vocals[number].text
            else:
                texts[number] = row[place] if place < len(row) else ""
    return texts


def company_of(score: Score, lead: int) -> list[int]:
    """Return the numbers of a lead line and of those that sing its words with it."""
    mine = score.vocals[lead]
    return [lead] + [
        number
        for number, line in enumerate(score.vocals)
        if number != lead and line.role != "lead" and line.text == mine.text
        and abs(line.onsets[0] - mine.onsets[0]) < 0.5
    ]  # fmt: skip


def fitted(line: VocalLine, text: str, score: Score) -> VocalLine:
    """Return the line with other words. Raises EngineError if they do not fit."""
    [syllables] = syllabify([text], line.language, score.reader)
    count, shortest = len(syllables), SHORTEST_S[line.style] / score.metre.quarter_s
    if count == len(line.onsets):
        return replace(line, text=text)
    notes = list(zip(line.onsets, line.lengths, line.pitches, strict=True))
    try:
        notes = tied_to(notes, count, shortest)
    except ValueError as error:
        raise EngineError(f"The line {text!r} has {count} syllables; {error}", DO_NOT_FIT) from None
    onsets, lengths, pitches = (list(column) for column in zip(*notes, strict=True))
    return replace(line, text=text, onsets=onsets, lengths=lengths, pitches=pitches)


def _planned(
    plan: Plan, rooms: Sequence[SungSection], rows: Sequence[list[str] | None]
) -> tuple[PlannedSection, ...]:
    """Return the plan's sections with the new words, in the order of the score's sections."""
    sections = list(plan.sections)
    for room, row in zip(rooms, rows, strict=True):
        if row is not None and room.place < len(sections):
            old = sections[room.place]
            lines = [_with_ad_lib(*pair) for pair in zip(row, old.lines, strict=False)]
            sections[room.place] = replace(old, lines=(*lines, *row[len(lines) :], *old.lines[len(row) :]))
    return tuple(sections)


def _with_ad_lib(text: str, old: str) -> str:
    """Keep the second voice's answer."""
    _, ad_lib = split_ad_lib(old)
    return f"{text} ({ad_lib})" if ad_lib else text
