"""An LRC reader that behaves as players do."""

from __future__ import annotations

import re
from typing import NamedTuple

from audiomusic.engines.studio.score import SungWord

_TIME = r"(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)"
_STAMP = re.compile(rf"\[{_TIME}\]")
_WORD = re.compile(rf"<{_TIME}>([^<]*)")
_TAG = re.compile(r"\[([A-Za-z#]+):(.*)\]\s*$")


class Lrc(NamedTuple):
    """A parsed LRC file. `lines` are in chronological order, without empty ones."""

    tags: dict[str, str]  # "ti": the title, "ar": the artist…
    lines: list[list[SungWord]]


def parse_lrc(text: str) -> Lrc:
    """Read LRC text, plain or enhanced, with `[offset:]` and repeated timestamps.

    A word ends where the next one starts; a line without word timestamps is a single word that ends where the
    next line starts. Text that is not LRC is ignored.
    """
    tags: dict[str, str] = {}
    stamped: list[tuple[float, str]] = []
    for row in text.splitlines():
        body, starts_s = _strip_stamps(row.strip())
        stamped += [(start_s, body) for start_s in starts_s]
        if not starts_s and (tag := _TAG.match(body)):
            tags[tag[1].lower()] = tag[2].strip()
    offset_s = _offset_s(tags)
    stamped.sort(key=lambda entry: entry[0])
    rows = zip(stamped, [*stamped[1:], *stamped[-1:]], strict=True)
    lines = [_words(body, start_s, end_s, offset_s) for (start_s, body), (end_s, _) in rows]
    return Lrc(tags, [line for line in lines if line])


def _seconds(minutes: str, seconds: str) -> float:
    return int(minutes) * 60 + float(seconds.replace(":", "."))


def _strip_stamps(row: str) -> tuple[str, list[float]]:
    """Return the row without its leading timestamps, and those timestamps in seconds."""
    starts_s = []
    while stamp := _STAMP.match(row):
        starts_s.append(_seconds(stamp[1], stamp[2]))
        row = row[stamp.end() :].lstrip()
    return row, starts_s


def _offset_s(tags: dict[str, str]) -> float:
    """Return `[offset:+250]` in seconds: how much earlier everything starts (the tag holds milliseconds)."""
    try:
        return float(tags.get("offset", "0")) / 1000
    except ValueError:
        return 0.0


def _words(body: str, start_s: float, end_s: float, offset_s: float) -> list[SungWord]:
    timed = [(_seconds(minutes, seconds), text.strip()) for minutes, seconds, text in _WORD.findall(body)]
    timed = timed or [(start_s, body)]
    if timed[-1][1]:
        timed.append((max(end_s, timed[-1][0]), ""))
    return [
        SungWord(max(0.0, begin_s - offset_s), max(0.0, stop_s - offset_s), text)
        for (begin_s, text), (stop_s, _) in zip(timed, timed[1:], strict=False)
        if text
    ]
