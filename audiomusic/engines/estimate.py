"""Estimates a song's natural length from its lyrics alone, to reserve credits before an engine plans it. An
engine may make it shorter, but never longer than what was reserved."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audiomusic.engines.base import MAX_DURATION_S, Kind, SampleType

HEADROOM = 1.3  # slow tempos stretch the same lines
MAX_SAMPLES_S = 120.0  # the contract's limit for loops and single sounds
CHARS_A_LINE = 60  # a longer line is sung as several

_SECTION_MARK = re.compile(r"^\s*[\[(].*[\])]\s*$")


@dataclass(frozen=True)
class Pace:
    """How one kind of music uses its time."""

    frame_s: float  # intro, interludes and outro
    line_s: float  # one sung line, including the breath
    section_s: float  # added per marked section
    written_lines: int  # lines that the planner writes if none are given


#: A line lasts two bars at about 100 bpm if sung, one and a half if rapped.
PACES: dict[Kind, Pace] = {
    "song": Pace(frame_s=20, line_s=4.8, section_s=2.5, written_lines=20),
    "rap": Pace(frame_s=16, line_s=2.9, section_s=2.5, written_lines=32),
    "vocals": Pace(frame_s=3, line_s=4.8, section_s=1.0, written_lines=16),
    "instrumental": Pace(frame_s=100, line_s=0, section_s=0, written_lines=0),
}
SAMPLE_S: dict[SampleType, float] = {"loop": 9.0, "one-shot": 2.0}


def estimate_duration_s(
    kind: Kind, lyrics: str = "", write_lyrics: bool = False, sample_type: SampleType = "loop"
) -> float:
    """Return the natural length in seconds, at most MAX_DURATION_S. `write_lyrics`: the planner writes the
    lyrics."""
    if kind == "samples":
        return SAMPLE_S[sample_type]
    pace = PACES[kind]
    marks, lines = _count_lines(lyrics)
    if write_lyrics:
        lines = max(lines, pace.written_lines)
    return min(MAX_DURATION_S, pace.frame_s + marks * pace.section_s + lines * pace.line_s)


def reserved_duration_s(
    kind: Kind, lyrics: str = "", write_lyrics: bool = False, sample_type: SampleType = "loop"
) -> float:
    """Return the length to reserve if none was requested: the natural length plus headroom, in whole
    seconds."""
    limit_s = MAX_SAMPLES_S if kind == "samples" else MAX_DURATION_S
    return min(limit_s, float(round(HEADROOM * estimate_duration_s(kind, lyrics, write_lyrics, sample_type))))


def _count_lines(lyrics: str) -> tuple[int, int]:
    """Count the section marks and the sung lines; a long line counts as several."""
    rows = [row.strip() for row in lyrics.splitlines() if row.strip()]
    marks = sum(bool(_SECTION_MARK.match(row)) for row in rows)
    lines = sum(-(-len(row) // CHARS_A_LINE) for row in rows if not _SECTION_MARK.match(row))
    return marks, lines
