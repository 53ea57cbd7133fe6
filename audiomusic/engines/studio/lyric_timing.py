"""The words as they were sung and the part of each line, with times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audiomusic.engines.lrc import format_lrc
from audiomusic.engines.studio.score import Score, SungWord, VocalLine

if TYPE_CHECKING:  # a web process reads kept words and does not load torch for that
    pass

VocalPart = Literal["lead", "double", "harmony", "ad_lib"]

SAME_ONSET = 0.5  # quarters: a backing line this close to a lead line with the same words backs it


def vocal_parts(score: Score) -> list[VocalPart]:
    """Return the part of each line in `score.vocals`. An ad-lib is a backing line whose words the lead does
    not sing."""
    lead = [line for line in score.vocals if line.role == "lead"]
    return [
        _part(line) if line.role == "lead" or _is_backed(line, lead) else "ad_lib" for line in score.vocals
    ]


def _part(line: VocalLine) -> VocalPart:
    return "harmony" if line.role == "partner" else line.role


class SungLine(NamedTuple):
    """One line with those of its words that were sung."""

    part: VocalPart
    section: str
    words: Sequence[SungWord]
    mark: str = ""  # who sings it, as in `singer_marks`


def kept_lrc(kept: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the lyrics files of a kept score: one with a stamp per line, one with a stamp per word as well.
    Return None if no word was sung. The result is the same when the song is made and later."""
    marked = _rows(_kept_lines(kept))
    if not marked:
        return None
    title = str(kept.get("title", ""))
    rows, singers = [words for words, _ in marked], _changing([mark for _, mark in marked])
    return (
        format_lrc(rows, title=title, word_times=False, singers=singers),
        format_lrc(rows, title=title, singers=singers),
    )


def _kept_lines(kept: Mapping[str, Any]) -> list[SungLine]:
    return [
        SungLine(
            line["part"], line["section"], [SungWord(*word) for word in line["words"]], line.get("mark", "")
        )
        for line in kept["vocals"]
    ]


def _changing(marks: list[str]) -> list[str]:
    return marks if len(set(marks)) > 1 else []


def singer_marks(score: Score) -> list[str]:
    """Return who sings each line of `score.vocals`, together with whom: "Anna", "Anna & Ben", "Choir".

    A man and a woman without names get the marks of karaoke files: M, F, and D for both.
    """
    if not score.singers:
        return [""] * len(score.vocals)
    together: dict[tuple[str, float], set[int]] = {}
    for line in score.vocals:
        together.setdefault((line.text, line.onsets[0]), set()).add(line.singer)
    karaoke = _karaoke_marks(score)
    return [_mark(score, together[line.text, line.onsets[0]], karaoke) for line in score.vocals]


def _mark(score: Score, singing: set[int], karaoke: Sequence[str]) -> str:
    if karaoke:
        return karaoke[min(singing)] if len(singing) == 1 else "D"
    singers = [score.singers[place] for place in sorted(singing)]
    soloists = [singer.name for singer in singers if not singer.is_choir]
    return " & ".join([*soloists, *(["Choir"] if len(soloists) < len(singers) else [])])


def _karaoke_marks(score: Score) -> list[str]:
    """Return a karaoke mark per singer if they are known only as a man and a woman; otherwise none."""
    from audiomusic.engines.studio.voice import SINGERS  # loads torch

    kinds = [SINGERS[singer.voice].kind for singer in score.singers]
    if len(kinds) != 2 or len(set(kinds)) != 2 or any(singer.is_named for singer in score.singers):
        return []
    return ["M" if kind == "male" else "F" for kind in kinds]


def _rows(lines: Sequence[SungLine]) -> list[tuple[list[SungWord], str]]:
    """Return (words, mark) per row. An ad-lib is in brackets: at the end of the row it answers if it is sung
    between that row and the next, otherwise in its own row. Hummed lines are left out."""
    sung = sorted((line for line in lines if line.words), key=lambda line: line.words[0].start_s)
    leads = [line for line in sung if line.part == "lead"]
    rows = [list(line.words) for line in leads]
    alone = []
    for line in sung:
        if line.part != "ad_lib":
            continue
        words = _bracketed(line.words)
        place = _answered(rows, words)
        if place is not None and leads[place].section == line.section:
            rows[place] += words
        else:
            alone.append((words, line.mark))
    marked = [(row, lead.mark) for row, lead in zip(rows, leads, strict=True)]
    return sorted([*marked, *alone], key=lambda row: row[0][0].start_s)


def _is_backed(line: VocalLine, lead: Sequence[VocalLine]) -> bool:
    return any(
        other.text == line.text and abs(other.onsets[0] - line.onsets[0]) <= SAME_ONSET
        for other in lead
        if other.onsets and line.onsets
    )


def _bracketed(words: Sequence[SungWord]) -> list[SungWord]:
    """Put the words in brackets: (ooh hold me)."""
    inner = [word._replace(text=word.text.strip("()")) for word in words]
    inner[0] = inner[0]._replace(text=f"({inner[0].text}")
    inner[-1] = inner[-1]._replace(text=f"{inner[-1].text})")
    return inner


def _answered(rows: Sequence[Sequence[SungWord]], words: Sequence[SungWord]) -> int | None:
    """Return the row that ends before `words` begin, if the next row begins after they end."""
    before = [place for place, row in enumerate(rows) if row[-1].end_s <= words[0].start_s]
    if not before:
        return None
    place = max(before)
    following = rows[place + 1][0].start_s if place + 1 < len(rows) else float("inf")
    return place if words[-1].end_s <= following else None
