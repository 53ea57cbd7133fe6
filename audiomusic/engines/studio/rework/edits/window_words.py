"""The vocal lines of a recomposed range: every word that belongs there, and none twice.

A line is taken from the new composition if it lies in the range and overlaps no other. Otherwise its words
are sung in the old line's rhythm on the new line's pitches, so that no word is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from audiomusic.engines.studio.rework.edits.new_words import company_of, fitted
from audiomusic.engines.studio.rework.edits.reworked import rooms_of
from audiomusic.engines.studio.score import Score, VocalLine

TOGETHER = 0.5  # quarters: a line that starts this close to the lead sings with it
SLACK = 1e-6

IsInside = Callable[[VocalLine], bool]


def sung_again(
    old: Score,
    new: Score,
    inside: Sequence[int],
    wanted: Mapping[int, str],
    answers: Iterable[str] | None,
    is_inside: IsInside,
) -> list[VocalLine]:
    """Return the old score's lines, with those of `inside` sung again.

    `wanted` maps each of their lead lines to its new words; `answers` are the texts that a second voice may
    sing (None: any). Raises EngineError for words that do not fit the old line's notes.
    """
    vocals = [line for number, line in enumerate(old.vocals) if number not in inside]
    places, fresh = _by_place(old), {place: number for number, place in _by_place(new).items()}
    taken: list[VocalLine] = []
    for number in sorted(wanted, key=lambda each: old.vocals[each].onsets[0]):
        text = wanted[number]
        place = fresh.get(places[number])
        line = None if place is None else new.vocals[place]
        if line is not None and line.text == text and is_inside(line) and _is_free(line, [*vocals, *taken]):
            taken += [line, *_beside(new, place or 0, [*vocals, *taken], is_inside)]
        else:
            taken += _in_old_rhythm(old, number, text, line)
    said = {line.text for line in new.vocals if line.role == "lead"}
    for line in new.vocals:
        is_answer = line.role != "lead" and line.text not in said
        if is_answer and (answers is None or line.text in answers) and is_inside(line):
            taken += [line] if _is_free(line, [*vocals, *taken]) else []
    return sorted([*vocals, *taken], key=lambda line: (line.onsets[0], line.role != "lead", line.role))


def _by_place(score: Score) -> dict[int, tuple[int, int]]:
    """Map each lead line to its section and its index there."""
    leads = [number for number, line in enumerate(score.vocals) if line.role == "lead"]
    return {
        leads[line]: (room.place, index)
        for room in rooms_of(score, leads)
        for index, line in enumerate(room.lines)
    }


def _beside(new: Score, lead: int, others: Sequence[VocalLine], is_inside: IsInside) -> list[VocalLine]:
    """Return the lines sung together with a lead line."""
    company = [new.vocals[number] for number in company_of(new, lead) if number != lead]
    return [line for line in company if is_inside(line) and _is_free(line, others)]


def _in_old_rhythm(old: Score, number: int, text: str, like: VocalLine | None) -> list[VocalLine]:
    """Return the line and its doubles in the old rhythm; other voices fitted the old melody."""
    lead = fitted(old.vocals[number], text, old)
    if like is not None:
        lead = replace(lead, pitches=_stretched(like.pitches, len(lead.onsets)))
    doubles = [old.vocals[each] for each in company_of(old, number) if old.vocals[each].role == "double"]
    return [lead, *(replace(lead, role="double", singer=double.singer) for double in doubles)]


def _stretched(pitches: Sequence[float], count: int) -> list[float]:
    last = len(pitches) - 1
    return [pitches[round(place * last / max(1, count - 1))] for place in range(count)]


def _is_free(line: VocalLine, others: Iterable[VocalLine]) -> bool:
    """Whether no line of the same part and singer overlaps this one."""
    return not any(
        other.role == line.role and other.singer == line.singer and _overlap(_bounds(other), _bounds(line))
        for other in others
    )


def _bounds(line: VocalLine) -> tuple[float, float]:
    return line.onsets[0], line.onsets[-1] + line.lengths[-1]


def _overlap(one: tuple[float, float], two: tuple[float, float]) -> bool:
    return one[0] < two[1] - SLACK and two[0] < one[1] - SLACK
