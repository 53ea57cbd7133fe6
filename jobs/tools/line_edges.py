"""Moving the edges of a range so that they do not cut a sung line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

LEAD_S, TAIL_S = 0.2, 0.4  # for consonants before a line's first vowel, and for its last sound
SLACK_S = 0.005


class LinePlace(NamedTuple):
    """The place of a line, in seconds: its notes (`onset_s`, `stop_s`), and the range that a window needs so
    that it sounds whole (`start_s`, `end_s`)."""

    onset_s: float
    stop_s: float
    start_s: float
    end_s: float
    text: str


def sung_lines(score: Mapping[str, Any]) -> list[LinePlace]:
    """Return the lead lines of a stored score in order, each with as much of the gaps around it as it may
    need."""
    rows = sorted(
        (line["syllables"][0][0], line["syllables"][-1][0] + line["syllables"][-1][1], line["text"])
        for line in score.get("vocals", ())
        if line["part"] == "lead" and line["syllables"]
    )
    lines = []
    for place, (onset_s, stop_s, text) in enumerate(rows):
        before_s = rows[place - 1][1] if place else 0.0
        after_s = rows[place + 1][0] - LEAD_S if place + 1 < len(rows) else math.inf
        start_s = max(onset_s - LEAD_S, min(onset_s, before_s))
        lines.append(LinePlace(onset_s, stop_s, start_s, min(stop_s + TAIL_S, max(stop_s, after_s)), text))
    return lines


def cut_lines(
    lines: Sequence[LinePlace], start_s: float, end_s: float, *, with_breath: bool = False
) -> list[LinePlace]:
    """Return the lines that cross an edge of the range. `with_breath`: count the space around their notes
    too, which other words would need differently."""
    return [line for line in lines if any(_is_cut(line, edge_s, with_breath) for edge_s in (start_s, end_s))]


def between_lines(
    lines: Sequence[LinePlace], start_s: float, end_s: float, *, least_s: float, with_breath: bool
) -> tuple[float, float]:
    """Move each edge of the range to a border of the line that it cuts: a line is included if more than half
    of it lies in the range, else excluded. A range within one line is widened to the whole line."""
    first_s, last_s = start_s, end_s
    cut = cut_lines(lines, start_s, end_s, with_breath=with_breath)
    for line in cut:
        is_meant = _share_inside(line, start_s, end_s) > 0.5
        if _is_cut(line, start_s, with_breath):
            first_s = line.start_s if is_meant else line.end_s
        if _is_cut(line, end_s, with_breath):
            last_s = line.end_s if is_meant else line.start_s
    if cut and last_s - first_s < least_s:
        return min(start_s, *(line.start_s for line in cut)), max(end_s, *(line.end_s for line in cut))
    return first_s, last_s


def _is_cut(line: LinePlace, second: float, with_breath: bool) -> bool:
    first_s, last_s = (line.start_s, line.end_s) if with_breath else (line.onset_s, line.stop_s)
    return first_s + SLACK_S < second < last_s - SLACK_S


def _share_inside(line: LinePlace, start_s: float, end_s: float) -> float:
    return (min(end_s, line.stop_s) - max(start_s, line.onset_s)) / (line.stop_s - line.onset_s)
