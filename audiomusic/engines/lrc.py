"""Synchronised lyrics: sung words to LRC text.

A line is `[mm:ss.xx]`, then each word behind its own `<mm:ss.xx>` (the enhanced form),
then `<mm:ss.xx>` where the last word ends. An empty line clears the display where the
singer rests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiomusic.engines.studio.score import SungWord

#: A rest longer than this clears the line that was shown.
REST_S = 4.0


def format_lrc(
    lines: Sequence[Sequence[SungWord]],
    *,
    title: str = "",
    artist: str = "AudioMusic",
    bpm: float | None = None,
    duration_s: float | None = None,
    word_times: bool = True,
    singers: Sequence[str] = (),
) -> str:
    """The LRC text of sung `lines`; with `word_times` in the enhanced form.

    `singers`: who sings each line. Their names stand before a line where they change ("Anna: …"; "M:",
    "F:" and "D:" are the marks of karaoke players for a man, a woman and a duet).

    Lines without words are left out and the others put in the order of time. The text
    ends with a newline.
    """
    named = zip(lines, singers or [""] * len(lines), strict=True)
    sung = sorted(((list(line), name) for line, name in named if line), key=lambda row: row[0][0].start_s)
    length = "" if duration_s is None else _clock(duration_s)
    tempo = "" if bpm is None else f"{bpm:g}"
    tags = {"ti": title, "ar": artist, "bpm": tempo, "length": length, "re": "AudioMusic"}
    rows = [f"[{name}:{_plain(value)}]" for name, value in tags.items() if value]
    before = ""
    for place, (line, name) in enumerate(sung):
        rows.append(_line(line, word_times, f"{_plain(name)}: " if name and name != before else ""))
        before = name
        end_s = max(word.end_s for word in line)
        if place + 1 == len(sung) or sung[place + 1][0][0].start_s - end_s > REST_S:
            rows.append(f"[{_clock(end_s)}]")
    return "\n".join(rows) + "\n"


def _line(words: Sequence[SungWord], word_times: bool, mark: str) -> str:
    stamp = f"[{_clock(words[0].start_s)}]{mark}"
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
