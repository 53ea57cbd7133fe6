"""Formats sung words as LRC, i.e. synchronised lyrics.

A line is `[mm:ss.xx]`, then each word after its own `<mm:ss.xx>` (the enhanced form), then the `<mm:ss.xx>`
at which the last word ends. An empty line clears the display while the singer rests. Chinese, Japanese and
Thai words are joined without spaces, as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from audiomusic.engines.studio.score import SungWord

#: A longer rest clears the displayed line.
REST_S = 4.0

#: Characters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana and Han, with their
#: punctuation and full-width forms. Korean uses spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff"
)
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]$")
_BEGINS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_TITLE_ROW = re.compile(r"^\[ti:.*\]$", re.MULTILINE)
_TIMED_ROW = re.compile(r"^\[(\d+):(\d\d)\.(\d\d)\](.*)$", re.MULTILINE)
_WORD_STAMP = re.compile(r"<\d+:\d\d\.\d\d>")


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
    """Return the LRC text of sung `lines`; with `word_times`, in the enhanced form.

    `singers`: who sings each line. A name precedes a line when the singer changes ("Anna: …"; "M:", "F:" and
    "D:" are karaoke players' marks for a man, a woman and a duet).

    Lines without words are omitted and the others sorted by time. The text ends with a newline.
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


def retitled(lrc: str, title: str) -> str:
    """Return `lrc` with its title replaced by `title`; a text without a title is returned unchanged."""
    return _TITLE_ROW.sub(lambda _: f"[ti:{_plain(title)}]", lrc, count=1)


def timed_lines(lrc: str) -> tuple[tuple[int, str], ...]:
    """Return (milliseconds, text) of each timed row that `format_lrc` wrote; the text is empty where the
    display clears."""
    return tuple(
        (
            (int(minutes) * 60 + int(seconds)) * 1000 + int(hundredths) * 10,
            _WORD_STAMP.sub("", text).strip(),
        )
        for minutes, seconds, hundredths, text in _TIMED_ROW.findall(lrc)
    )


def format_timed_lines(lines: Sequence[tuple[int, str]]) -> str:
    """Return LRC rows without headers, the form in which Vorbis comments hold timed lyrics."""
    return "\n".join(f"[{_clock(start_ms / 1000)}]{_plain(text)}" for start_ms, text in lines)


def join_words(words: Sequence[str]) -> str:
    """Join the words to one line, with spaces only if the script uses them."""
    return "".join(f"{_blank(before, word)}{word}" for before, word in pairwise(["", *words]))


def _blank(before: str, word: str) -> str:
    is_joined = not before or (_ENDS_UNSPACED.search(before) and _BEGINS_UNSPACED.match(word))
    return "" if is_joined else " "


def _line(words: Sequence[SungWord], word_times: bool, mark: str) -> str:
    stamp = f"[{_clock(words[0].start_s)}]{mark}"
    texts = [_plain(word.text) for word in words]
    if not word_times:
        return stamp + join_words(texts)
    timed = "".join(
        f"{_blank(before, text)}<{_clock(word.start_s)}>{text}"
        for word, (before, text) in zip(words, pairwise(["", *texts]), strict=True)
    )
    last = "" if _ENDS_UNSPACED.search(texts[-1]) else " "
    return f"{stamp}{timed}{last}<{_clock(words[-1].end_s)}>"


def _clock(time_s: float) -> str:
    """Format seconds as `mm:ss.xx`, rounded to hundredths; negative times become 0."""
    minutes, hundredths = divmod(round(max(0.0, time_s) * 100), 6000)
    return f"{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"


def _plain(text: str) -> str:
    """Return `text` on one line, without the brackets that LRC uses for timestamps."""
    return " ".join(re.sub(r"[\[\]<>\x00-\x1f\x7f]", " ", text).split())
