"""Timed lyrics in the format of `songLyrics` 2: each line, and each word within it."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobs.models import Job, Status, Take
from jobs.specs.refusals import SourceUnfit
from jobs.storage.files import StorageRefused
from jobs.tools.lyrics import take_lyrics_sync
from library.subsonic.parameters import PlayerCall
from library.subsonic.responses import Body
from library.subsonic.songs import ARTIST, song_jobs, song_take

_LINE = re.compile(r"\[(\d{1,3}):(\d{2}(?:\.\d{1,3})?)\](.*)")
_WORD = re.compile(r"<(\d{1,3}):(\d{2}(?:\.\d{1,3})?)>([^<]*)")
_SINGER = re.compile(r"\s*([^<>:]{1,60}):\s*$")
#: Karaoke marks for a group of singers.
_GROUPS = frozenset({"D"})
UNKNOWN_LANGUAGE = "und"


class TimedWord(NamedTuple):
    start_ms: int
    text: str


class TimedLine(NamedTuple):
    """A timed line. `end_ms` and `words`: set if the LRC has them. `singer`: set where it changes."""

    start_ms: int
    text: str
    words: list[TimedWord]
    end_ms: int | None
    singer: str


def read_lrc(text: str) -> list[TimedLine]:
    """Parse an LRC text, enhanced or plain."""
    lines: list[TimedLine] = []
    for row in text.splitlines():
        if match := _LINE.fullmatch(row.strip()):
            lines.append(_line(_milliseconds(match[1], match[2]), match[3]))
    return sorted(lines, key=lambda line: line.start_ms)


def _line(start_ms: int, rest: str) -> TimedLine:
    stamps = [(_milliseconds(each[1], each[2]), each[3].strip()) for each in _WORD.finditer(rest)]
    if not stamps:
        return TimedLine(start_ms, rest.strip(), [], None, "")
    singer = _SINGER.match(rest.partition("<")[0])
    end_ms = stamps.pop()[0] if not stamps[-1][1] else None
    words = [TimedWord(at, word) for at, word in stamps if word]
    text = " ".join(word.text for word in words)
    return TimedLine(start_ms, text, words, end_ms, singer[1] if singer else "")


def _milliseconds(minutes: str, seconds: str) -> int:
    return round(int(minutes) * 60_000 + float(seconds) * 1000)


def get_lyrics_by_song_id(call: PlayerCall) -> Body:
    take = _timed(song_take(call.user, call.song()))
    lyrics = structured_lyrics(take, is_enhanced=call.flag("enhanced", False))
    return {"lyricsList": {"structuredLyrics": [lyrics] if lyrics else []}}


def _timed(take: Take) -> Take:
    """Return the take with timed lyrics; they are created on first use if the take has a score."""
    try:
        return take_lyrics_sync(take=take) if take.has_score else take
    except (SourceUnfit, StorageRefused):
        return take


def structured_lyrics(take: Take, *, is_enhanced: bool) -> Body | None:
    """Return the lyrics, or None for a song without vocals."""
    lines = read_lrc(take.enhanced_lrc or take.lrc_content)
    body: Body = {
        "displayArtist": ARTIST,
        "displayTitle": take.job.display_name,
        "lang": take.job.vocal_language or UNKNOWN_LANGUAGE,
        "synced": bool(lines),
    }
    if not lines:
        words = plain_lines(take.job)
        return body | {"line": [{"value": line} for line in words]} if words else None
    body["line"] = [{"start": line.start_ms, "value": line.text} for line in lines]
    if is_enhanced:
        body["kind"] = "main"
        if cue_lines := _cue_lines(lines):
            agents = _agents(lines)
            body |= {"agents": agents} if agents else {}
            body["cueLine"] = cue_lines
    return body


def plain_lines(job: Job) -> list[str]:
    """Return the lyrics without times and section headings."""
    lines = (line.strip() for line in job.lyrics.splitlines())
    return [line for line in lines if line and not (line[0] == "[" and line[-1] == "]")]


def _cue_lines(lines: list[TimedLine]) -> list[Body]:
    cue_lines: list[Body] = []
    singers = _singer_of_lines(lines)
    for index, line in enumerate(lines):
        if not line.words:
            continue
        body: Body = {"index": index, "start": line.start_ms}
        if line.end_ms is not None:
            body["end"] = line.end_ms
        body["value"] = line.text
        if singers[index]:
            body["agentId"] = singers[index]
        cue_lines.append(body | {"cue": _cues(line)})
    return cue_lines


def _cues(line: TimedLine) -> list[Body]:
    """Return the cues: each word with its byte range in the line's UTF-8, last byte included. Either all cues
    have an end, or none."""
    cues: list[Body] = []
    at = 0
    ends = [word.start_ms for word in line.words[1:]] + [line.end_ms]
    for word, end_ms in zip(line.words, ends, strict=True):
        length = len(word.text.encode())
        cue: Body = {"start": word.start_ms}
        if line.end_ms is not None:
            cue["end"] = end_ms
        cues.append(cue | {"byteStart": at, "byteEnd": at + length - 1, "value": word.text})
        at += length + 1  # the space between words
    return cues


def _singer_of_lines(lines: list[TimedLine]) -> list[str]:
    """Return the singer of each line. The LRC names a singer only where it changes."""
    named, current = [], ""
    for line in lines:
        current = line.singer or current
        named.append(current)
    first = next((name for name in named if name), "")
    return [name or first for name in named]


def _agents(lines: list[TimedLine]) -> list[Body]:
    """Return the singers, one as "main"; none if the LRC names none, as with a single voice."""
    names = list(dict.fromkeys(name for name in _singer_of_lines(lines) if name))
    main = next((name for name in names if name not in _GROUPS), names[0] if names else "")
    roles = {name: "group" if name in _GROUPS else "voice" for name in names} | {main: "main"}
    return [{"id": name, "role": roles[name], "name": name} for name in names]


def get_lyrics(call: PlayerCall) -> Body:
    """Return the newest song with this name, because old players look up lyrics by title."""
    title = call.text("title", "").strip()
    job = song_jobs(call.user).filter(display_name=title, status=Status.COMPLETED).order_by("-id").first()
    if not title or job is None:
        return {"lyrics": {"value": ""}}
    return {"lyrics": {"artist": ARTIST, "title": job.display_name, "value": "\n".join(plain_lines(job))}}
