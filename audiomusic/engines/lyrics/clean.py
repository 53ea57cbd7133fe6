"""Strips what files and web pages add to lyrics: markup, timestamps, page furniture, tabs."""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass

from audiomusic.engines.lyrics.words import boilerplate

MAX_LINES = 1800  # including blank ones; no song has so many
MAX_STAMPS = 16  # per line
LONG_GAP = 3.0  # times the median gap between timed lines: a new paragraph
LEAST_GAP_S = 4.0
MAX_BOILERPLATE_CHARS = 240
STAMPED_SHARE = 0.6  # of the lines: from here on, bare times are timestamps

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BREAK_TAG = re.compile(
    r"<(?:br|/p|/div|/li|/h[1-6]|p|div|li|h[1-6])(?:\s[^<>\n]{0,200})?\s?/?>", re.IGNORECASE
)
_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|span|font|a|ruby|rt|rb|small|sup|sub|center|pre|code|ul|ol|body|html|c|v|lang)"
    r"(?:[\s.][^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)
_VOICE_TAG = re.compile(r"<v(?:\.[\w.]{1,40})?\s+([^<>\n]{1,40})>")
_STYLE_TAG = re.compile(r"\{\\[^{}\n]{1,40}\}")
_STAMP = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_WORD_STAMP = re.compile(r"<\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?>")
_CUE = re.compile(r"\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->.{0,120}")
_BARE_STAMP = re.compile(r"\s*[(\[]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.:]\d{1,3})?[)\]]?(?:\s+|$)")
_ID_TAG = re.compile(
    r"\[\s*(ar|al|au|by|offset|re|ve|lr|la|length|id|tool|kana|#)\s*:[^\n]*\]", re.IGNORECASE
)
_TAB = re.compile(
    r"\s*(?:[A-Za-z]{1,2}[#b]?\s{0,3}[|:‖]|[|‖]|[A-Ga-g][#b]?\s{0,3}-)"
    r"[-\d|‖hpbrsxXoOtTvV/\\~^()*.=<>:\s]{3,}"
)
_BLANKS = re.compile(r"[^\S\r\n\x0b\x0c\x85\u2028\u2029]{3,}")
_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True)
class Cleaned:
    """The remaining lines, and the number of removed lines of each kind."""

    lines: tuple[str, ...]
    dropped: Counter[str]


def clean_lines(text: str) -> Cleaned:
    """Split `text` into lines, with blank ones between paragraphs."""
    text = _without_markup(text.lstrip("\ufeff"))
    if text.count("\\n") > 1 or "\n" not in text:  # escaped newlines
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n")
    text = _BLANKS.sub("  ", text)  # so that no pattern sees a long run of spaces
    text = boilerplate("glued").sub(lambda found: found[0] + "\n", text)
    lines = _LINE_ENDS.split(text)[:MAX_LINES]
    dropped: Counter[str] = Counter()
    lines = _without_page(lines, dropped)
    lines = _without_times(lines)[:MAX_LINES]
    kept = []
    for line in lines:
        if is_tab(line):
            dropped["tab"] += 1
            continue
        kept.append(line)
    return Cleaned(tuple(kept), dropped)


def _without_markup(text: str) -> str:
    if "&" in text:
        for _ in range(2):  # text copied from a page is often escaped twice
            text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "<" in text:
        text = _BREAK_TAG.sub("\n", text)
        text = _VOICE_TAG.sub(lambda found: f"[Singer: {found[1]}]\n", text)
        text = _TAG.sub("", text)
    return _STYLE_TAG.sub("", text) if "{\\" in text else text


def is_tab(line: str) -> bool:
    """Return whether it is a line of tablature, for a string or a drum: `e|---0---3---|`."""
    return len(line) < 400 and line.count("-") + line.count("=") >= 3 and _TAB.fullmatch(line) is not None


def _without_page(lines: list[str], dropped: Counter[str]) -> list[str]:
    """Remove the web page's text around the words."""
    small = [line.strip().strip("*_").casefold() for line in lines]
    sure, beside, endings = boilerplate("lines"), boilerplate("beside"), boilerplate("endings")
    is_left = [0 < len(line) <= MAX_BOILERPLATE_CHARS and bool(sure.fullmatch(line)) for line in small]
    has_page = any(is_left)
    filled = [place for place, line in enumerate(small) if line and not is_left[place]]
    kept = []
    for place, line in enumerate(lines):
        first = (
            filled[:1] == [place]
            and len(filled) > 1
            and bool(boilerplate("first").fullmatch(small[place][:200]))
        )
        if is_left[place] or first or (has_page and beside.fullmatch(small[place][:100])):
            dropped["page"] += 1
            continue
        tail = line[-120:]
        shorter = endings.sub("", tail) if "mbed" in tail or "You might" in tail or "Live" in tail else tail
        dropped["page"] += shorter != tail
        kept.append(line[: len(line) - len(tail)] + shorter)
    return kept


def _without_times(lines: list[str]) -> list[str]:
    if any(_CUE.fullmatch(line) for line in lines if "-->" in line):
        return _without_cues(lines)
    if any(_STAMP.match(line.lstrip()) for line in lines):
        return _without_stamps(lines)
    lines = [_WORD_STAMP.sub("", line) for line in lines]
    filled = [line for line in lines if line.strip()]
    stamped = sum(bool(_BARE_STAMP.match(line)) for line in filled)
    if stamped >= 3 and 2 * stamped >= STAMPED_SHARE * len(filled):  # a time may be on its own line
        return [_BARE_STAMP.sub("", line, count=1) for line in lines if not _is_bare_stamp(line)]
    return lines


def _is_bare_stamp(line: str) -> bool:
    return bool(line.strip()) and _BARE_STAMP.fullmatch(line) is not None


def _without_cues(lines: list[str]) -> list[str]:
    """Extract the words of SRT and WebVTT cues, with a new paragraph after a long pause."""
    starts: list[float] = []
    rows: list[tuple[float | None, str]] = []
    for place, line in enumerate(lines):
        cue = _CUE.fullmatch(line) if "-->" in line else None
        if cue:
            start_s = int(cue[1] or 0) * 3600 + int(cue[2]) * 60 + int(cue[3]) + int(cue[4]) / 1000
            starts.append(start_s)
            rows.append((start_s, ""))
            continue
        is_number = line.strip().isdecimal() and place + 1 < len(lines) and "-->" in lines[place + 1]
        if line.strip() and not is_number:
            rows.append((None, _without_dash(line)))
    return _with_paragraphs(rows, starts)


def _without_dash(line: str) -> str:
    return re.sub(r"^\s{0,8}[-–—]\s?(?=\S)", "", line)


def _without_stamps(lines: list[str]) -> list[str]:
    """Expand LRC: each line as often as it is timestamped, sorted by time."""
    rows: list[tuple[float, int, str]] = []
    waiting: list[str] = []
    last_s = 0.0
    for line in lines:
        line = line.strip()
        if not line or _ID_TAG.fullmatch(line):
            continue
        times: list[float] = []
        while (stamp := _STAMP.match(line)) and len(times) < MAX_STAMPS:
            fraction = f"0.{stamp[3]}" if stamp[3] else "0"
            times.append(int(stamp[1]) * 60 + int(stamp[2]) + float(fraction))
            line = line[stamp.end() :].lstrip()
        text = _WORD_STAMP.sub("", _STAMP.sub("", line))
        if not times:
            waiting.append(text)  # a heading belongs to the line below it
            continue
        rows += [(times[0], len(rows), mark) for mark in waiting]
        waiting = []
        rows += [(time_s, len(rows) + place, text) for place, time_s in enumerate(times)]
        last_s = max(last_s, *times)
    rows += [(last_s, len(rows) + place, mark) for place, mark in enumerate(waiting)]
    rows.sort(key=lambda row: (row[0], row[1]))
    flat: list[tuple[float | None, str]] = []
    for time_s, _, text in rows:
        flat += [(time_s, ""), (None, text)]
    return _with_paragraphs(flat, [time_s for time_s, _, text in rows if text.strip()])


def _with_paragraphs(rows: list[tuple[float | None, str]], starts: list[float]) -> list[str]:
    """Insert a blank line where the next line starts much later than usual."""
    gaps = sorted(later - sooner for sooner, later in zip(starts, starts[1:], strict=False) if later > sooner)
    most_s = max(LEAST_GAP_S, LONG_GAP * gaps[len(gaps) // 2]) if gaps else float("inf")
    lines: list[str] = []
    before_s: float | None = None
    for time_s, text in rows:
        if time_s is None:
            lines.append(text)
        else:
            if before_s is not None and time_s - before_s > most_s:
                lines.append("")
            before_s = time_s
    return lines
