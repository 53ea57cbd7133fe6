"""What was really sung, and by which part: words with their times, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audiomusic.engines.lrc import format_lrc
from audiomusic.engines.studio.score import Score, SungWord, VocalLine

if TYPE_CHECKING:  # a web process reads kept words, and loads no torch for that
    pass

VocalPart = Literal["lead", "double", "harmony", "ad_lib"]

SAME_ONSET = 0.5  # quarters: a backing voice that begins so near a lead line of the same words backs it


def vocal_parts(score: Score) -> list[VocalPart]:
    """What each line of `score.vocals` is: an ad-lib is a backing line whose words the lead does not sing."""
    lead = [line for line in score.vocals if line.role == "lead"]
    return [
        _part(line) if line.role == "lead" or _is_backed(line, lead) else "ad_lib" for line in score.vocals
    ]


def _part(line: VocalLine) -> VocalPart:
    return "harmony" if line.role == "partner" else line.role


class SungLine(NamedTuple):
    """One line with the words that were really sung of it."""

    part: VocalPart
    section: str
    words: Sequence[SungWord]
    mark: str = ""  # who sings it, as `singer_marks` have it


def kept_lrc(kept: Mapping[str, Any]) -> tuple[str, str] | None:
    """The lyrics files of a score as it is kept: with a stamp for each line, and for each word too. None
    where no word was sung. What asks for them when the song is made, or later, gets the same."""
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
    """Who sings each line of `score.vocals`, with whom: "Anna", "Anna & Ben", "Choir".

    A man and a woman without names have the marks of karaoke files: M, F, and D for both.
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
    """The mark of each singer, where man and woman are all that is known of them; else none."""
    from audiomusic.engines.studio.voice import SINGERS  # loads torch

    kinds = [SINGERS[singer.voice].kind for singer in score.singers]
    if len(kinds) != 2 or len(set(kinds)) != 2 or any(singer.is_named for singer in score.singers):
        return []
    return ["M" if kind == "male" else "F" for kind in kinds]


def _rows(lines: Sequence[SungLine]) -> list[tuple[list[SungWord], str]]:
    """(words, mark) of each row. An ad-lib stands in brackets: at the end of the row it answers where it
    is sung between that row and the next, else in a row of its own. Hummed lines are left out.
    """
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
    """(ooh hold me)"""
    inner = [word._replace(text=word.text.strip("()")) for word in words]
    inner[0] = inner[0]._replace(text=f"({inner[0].text}")
    inner[-1] = inner[-1]._replace(text=f"{inner[-1].text})")
    return inner


def _answered(rows: Sequence[Sequence[SungWord]], words: Sequence[SungWord]) -> int | None:
    """The row that ends before `words` begin, if the next one begins after they end."""
    before = [place for place, row in enumerate(rows) if row[-1].end_s <= words[0].start_s]
    if not before:
        return None
    place = max(before)
    following = rows[place + 1][0].start_s if place + 1 < len(rows) else float("inf")
    return place if words[-1].end_s <= following else None
