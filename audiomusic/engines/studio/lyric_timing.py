"""What was really sung, and by which part: words with their times, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from audiomusic.engines.studio.clips import VocalClip
from audiomusic.engines.studio.score import Score, SungWord, VocalLine
from audiomusic.engines.studio.voice import SINGERS

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


def lyric_rows(score: Score, clips: Sequence[VocalClip]) -> list[list[SungWord]]:
    """The words of lead and ad-libs as rows to show, in the order of time.

    An ad-lib stands in brackets: at the end of the row it answers where it is sung between that
    row and the next, else in a row of its own. Hummed lines have no words and are left out.
    """
    return [words for words, _ in _rows(score, clips)]


def row_singers(score: Score, clips: Sequence[VocalClip]) -> list[str]:
    """Who sings each of `lyric_rows`, as karaoke files mark it; empty where one sings all."""
    marks = [singer_mark(score, line) for _, line in _rows(score, clips)]
    return marks if len(set(marks)) > 1 else []


def singer_mark(score: Score, line: VocalLine) -> str:
    """By name ("Anna", "Anna & Ben", "Choir"); of a man and a woman without names M, F, and D for both."""
    if not score.singers:
        return ""
    singing = {other.singer for other in score.vocals if other is line or _is_beside(other, line)}
    singers = [score.singers[place] for place in sorted(singing)]
    if marks := _karaoke_marks(score):
        found = {marks[place] for place in singing}
        return found.pop() if len(found) == 1 else "D"
    soloists = [singer.name for singer in singers if not singer.is_choir]
    return " & ".join([*soloists, *(["Choir"] if len(soloists) < len(singers) else [])])


def _karaoke_marks(score: Score) -> list[str]:
    """The mark of each singer, where man and woman are all that is known of them; else none."""
    kinds = [SINGERS[singer.voice].kind for singer in score.singers]
    if len(kinds) != 2 or len(set(kinds)) != 2 or any(singer.is_named for singer in score.singers):
        return []
    return ["M" if kind == "male" else "F" for kind in kinds]


def _is_beside(other: VocalLine, line: VocalLine) -> bool:
    return other.role in ("partner", "harmony") and other.text == line.text and other.onsets == line.onsets


def _rows(score: Score, clips: Sequence[VocalClip]) -> list[tuple[list[SungWord], VocalLine]]:
    parts = vocal_parts(score)
    sung = sorted((clip for clip in clips if clip.words), key=lambda clip: clip.words[0].start_s)
    rows = [list(clip.words) for clip in sung if parts[clip.line] == "lead"]
    leads = [score.vocals[clip.line] for clip in sung if parts[clip.line] == "lead"]
    alone = []
    for clip in sung:
        if parts[clip.line] != "ad_lib":
            continue
        words = _bracketed(clip.words)
        place = _answered(rows, words)
        if place is not None and leads[place].section == score.vocals[clip.line].section:
            rows[place] += words
        else:
            alone.append((words, score.vocals[clip.line]))
    return sorted([*zip(rows, leads, strict=True), *alone], key=lambda row: row[0][0].start_s)


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
