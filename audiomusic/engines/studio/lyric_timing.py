"""What was really sung, and by which part: words with their times, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from audiomusic.engines.lrc import format_lrc
from audiomusic.engines.studio.score import Score, SungWord, VocalLine

if TYPE_CHECKING:  # a web process reads kept words, and loads no torch for that
    from audiomusic.engines.studio.clips import VocalClip

VocalPart = Literal["lead", "double", "harmony", "ad_lib"]

SAME_ONSET = 0.5  # quarters: a backing voice that begins so near a lead line of the same words backs it


def vocal_parts(score: Score) -> list[VocalPart]:
    """What each line of `score.vocals` is: an ad-lib is a backing line whose words the lead does not sing."""
    lead = [line for line in score.vocals if line.role == "lead"]
    return [line.role if line.role == "lead" or _is_backed(line, lead) else "ad_lib" for line in score.vocals]


class SungLine(NamedTuple):
    """One line with the words that were really sung of it."""

    part: VocalPart
    section: str
    words: Sequence[SungWord]


def lyric_rows(score: Score, clips: Sequence[VocalClip]) -> list[list[SungWord]]:
    """The words of lead and ad-libs as rows to show, in the order of time."""
    parts = vocal_parts(score)
    return _rows([SungLine(parts[clip.line], score.vocals[clip.line].section, clip.words) for clip in clips])


def kept_lyric_rows(kept: Mapping[str, Any]) -> list[list[SungWord]]:
    """The same, of a score as it is kept (docs/score.md)."""
    return _rows(
        [
            SungLine(line["part"], line["section"], [SungWord(*word) for word in line["words"]])
            for line in kept["vocals"]
        ]
    )


def kept_lrc(kept: Mapping[str, Any]) -> tuple[str, str] | None:
    """The lyrics files of a score as it is kept: with a stamp for each line, and for each word too. None
    where no word was sung. What asks for them when the song is made, or later, gets the same."""
    rows = kept_lyric_rows(kept)
    if not rows:
        return None
    title = str(kept.get("title", ""))
    return format_lrc(rows, title=title, word_times=False), format_lrc(rows, title=title)


def _rows(lines: Sequence[SungLine]) -> list[list[SungWord]]:
    """An ad-lib stands in brackets: at the end of the row it answers where it is sung between that
    row and the next, else in a row of its own. Hummed lines have no words and are left out.
    """
    sung = sorted((line for line in lines if line.words), key=lambda line: line.words[0].start_s)
    rows = [list(line.words) for line in sung if line.part == "lead"]
    sections = [line.section for line in sung if line.part == "lead"]
    alone = []
    for line in sung:
        if line.part != "ad_lib":
            continue
        words = _bracketed(line.words)
        place = _answered(rows, words)
        if place is not None and sections[place] == line.section:
            rows[place] += words
        else:
            alone.append(words)
    return sorted(rows + alone, key=lambda row: row[0].start_s)


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
