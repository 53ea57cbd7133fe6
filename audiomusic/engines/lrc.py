"""Synchronised lyrics: sung words to LRC text and back.

A line is `[mm:ss.xx]`, then each word behind its own `<mm:ss.xx>` (the enhanced form),
then `<mm:ss.xx>` where the last word ends. An empty line clears the display where the
singer rests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from audiomusic.engines.studio.score import SungWord

#: A rest longer than this clears the line that was shown.
REST_S = 4.0

_TIME = r"(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)"
_STAMP = re.compile(rf"\[{_TIME}\]")
_WORD = re.compile(rf"<{_TIME}>([^<]*)")
_TAG = re.compile(r"\[([A-Za-z#]+):(.*)\]\s*$")


class Lrc(NamedTuple):
    """A read LRC file. `lines` are in the order of time, without the empty ones."""

    tags: dict[str, str]  # "ti": the title, "ar": the artist…
    lines: list[list[SungWord]]


def format_lrc(
    lines: Sequence[Sequence[SungWord]],
    *,
    title: str = "",
    artist: str = "AudioMusic",
    bpm: float | None = None,
    duration_s: float | None = None,
    word_times: bool = True,
) -> str:
    """The LRC text of sung `lines`; with `word_times` in the enhanced form.

    Lines without words are left out and the others put in the order of time. The text
    ends with a newline.
    """
    sung = sorted((list(line) for line in lines if line), key=lambda line: line[0].start_s)
    length = "" if duration_s is None else _clock(duration_s)
    tempo = "" if bpm is None else f"{bpm:g}"
    tags = {"ti": title, "ar": artist, "bpm": tempo, "length": length, "re": "AudioMusic"}
    rows = [f"[{name}:{_plain(value)}]" for name, value in tags.items() if value]
    for line, following in zip(sung, [*sung[1:], []], strict=False):
        rows.append(_line(line, word_times))
        end_s = max(word.end_s for word in line)
        if not following or following[0].start_s - end_s > REST_S:
            rows.append(f"[{_clock(end_s)}]")
    return "\n".join(rows) + "\n"


def parse_lrc(text: str) -> Lrc:
    """Read LRC text, plain or enhanced, with `[offset:]` and repeated stamps.

    A word ends where the next begins; a line without word times is one word that ends
    where the next line begins. What is no LRC is passed over.
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


def _line(words: Sequence[SungWord], word_times: bool) -> str:
    stamp = f"[{_clock(words[0].start_s)}]"
    if not word_times:
        return stamp + " ".join(_plain(word.text) for word in words)
    timed = " ".join(f"<{_clock(word.start_s)}>{_plain(word.text)}" for word in words)
    return f"{stamp}{timed} <{_clock(words[-1].end_s)}>"


def _clock(time_s: float) -> str:
    """Seconds as `mm:ss.xx`, rounded to hundredths; before the start counts as the start."""
    minutes, hundredths = divmod(round(max(0.0, time_s) * 100), 6000)
    return f"{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"


def _plain(text: str) -> str:
    """`text` on one line, without the brackets that LRC reads as stamps."""
    return " ".join(re.sub(r"[\[\]<>\x00-\x1f\x7f]", " ", text).split())


def _seconds(minutes: str, seconds: str) -> float:
    return int(minutes) * 60 + float(seconds.replace(":", "."))


def _strip_stamps(row: str) -> tuple[str, list[float]]:
    """The stamps a row begins with, in seconds, and what stands behind them."""
    starts_s = []
    while stamp := _STAMP.match(row):
        starts_s.append(_seconds(stamp[1], stamp[2]))
        row = row[stamp.end() :].lstrip()
    return row, starts_s


def _offset_s(tags: dict[str, str]) -> float:
    """`[offset:+250]`: milliseconds by which everything comes sooner."""
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
