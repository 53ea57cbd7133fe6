"""Other words on the tune that is there.

A line with as many syllables keeps every note. With fewer, neighbouring notes are tied; with more,
long notes are struck again. Where a line begins and ends, its first and last pitch and its rise and
fall stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audiomusic.engines.base import EngineError
from audiomusic.engines.studio.compose.form import PlannedSection
from audiomusic.engines.studio.lyrics import LyricSection, parse_lyrics, split_ad_lib
from audiomusic.engines.studio.plan import Plan
from audiomusic.engines.studio.rework.edits.syllable_room import SHORTEST_S, tied_to, words_per_section
from audiomusic.engines.studio.score import Score, VocalLine
from audiomusic.engines.studio.voice import syllabify

DO_NOT_FIT = "words_do_not_fit"


@dataclass(frozen=True, eq=False)
class NewWords:
    """`lines`: those of the score whose words changed, by number."""

    score: Score
    plan: Plan
    lines: tuple[int, ...]


def with_words(score: Score, plan: Plan, lyrics: str) -> NewWords:
    """The score with other words, matched line by line within its sections. Raises EngineError naming the
    line that does not fit, and how many syllables would."""
    sections = parse_lyrics(lyrics, rap=plan.kind == "rap")
    leads = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    if not leads:
        raise EngineError("Nobody sings in this song, so there is no tune for the words.", DO_NOT_FIT)
    texts = matched(score, leads, sections)
    vocals = list(score.vocals)
    changed: list[int] = []
    for number in leads:
        wanted = texts.get(number, "")
        for place in _company(score, number):
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
    text = "\n".join([line for section in sections for line in (f"[{section.label}]", *section.lines)])
    plan = replace(plan, lyrics=text, sections=_planned(plan, score, leads, texts))
    return NewWords(song, plan, tuple(moved.get(number, -1) for number in sorted(set(changed))))


def matched(score: Score, leads: Sequence[int], sections: Sequence[LyricSection]) -> dict[int, str]:
    """Lead line -> its new words."""
    groups: list[list[int]] = []
    for number in leads:
        label = score.vocals[number].section
        if groups and score.vocals[groups[-1][0]].section == label:
            groups[-1].append(number)
        else:
            groups.append([number])
    sung = [[split_ad_lib(line)[0] for line in section.lines] for section in sections if section.lines]
    labels = [score.vocals[group[0]].section for group in groups]
    try:
        rows = words_per_section(
            [(label, len(group)) for label, group in zip(labels, groups, strict=True)], sung
        )
    except ValueError as error:
        raise EngineError(str(error), DO_NOT_FIT) from None
    return {
        number: text
        for group, row in zip(groups, rows, strict=True)
        for number, text in zip(group, row, strict=False)
    }


def _company(score: Score, lead: int) -> list[int]:
    """The line, and those that sing its words with it."""
    mine = score.vocals[lead]
    return [lead] + [
        number
        for number, line in enumerate(score.vocals)
        if number != lead and line.role != "lead" and line.text == mine.text
        and abs(line.onsets[0] - mine.onsets[0]) < 0.5
    ]  # fmt: skip


def fitted(line: VocalLine, text: str, score: Score) -> VocalLine:
    """The line with other words. Raises EngineError where they do not fit."""
    [syllables] = syllabify([text], line.language)
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
    plan: Plan, score: Score, leads: Sequence[int], texts: dict[int, str]
) -> tuple[PlannedSection, ...]:
    """The plan's sections with the new words."""
    waiting: dict[str, list[str]] = {}
    for number in leads:
        waiting.setdefault(score.vocals[number].section, []).append(texts.get(number, ""))
    sections = []
    for section in plan.sections:
        rows = waiting.get(section.label, [])
        count = len(section.lines)
        lines, waiting[section.label] = rows[:count], rows[count:]
        known = [new or old for new, old in zip(lines, section.lines, strict=False)]
        sections.append(replace(section, lines=(*known, *section.lines[len(known) :])))
    return tuple(sections)
