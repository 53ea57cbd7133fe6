"""Validates the language model's response against the request. Nothing in it is trusted."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any, cast

from audiomusic.engines.base import MAX_DURATION_S, MIN_DURATION_S, SongRequest, WrittenSong
from audiomusic.engines.language_model.question import (
    BPM_RANGE,
    MAX_CAPTION_CHARS,
    MAX_LINE_CHARS,
    MAX_LINES,
    MAX_SECTION_LINES,
    MAX_TITLE_CHARS,
    SCHEMA,
)
from audiomusic.engines.languages import guess_language
from audiomusic.engines.lyrics.pasted import PastedSection, read_pasted
from audiomusic.engines.theory import METRE_NAMES, parse_key, parse_metre

MAX_LYRICS_CHARS = 8000
_FENCE = re.compile(r"^```\w*\s*\n(.*?)\n?```\s*$", re.DOTALL)
_LANGUAGE = re.compile(r"[a-z]{2}")
_MARKUP = re.compile(r"[<>{}`|\\*#_~]|https?:|www\.")


class AnswerRefused(ValueError):
    """The response is not as requested; the message says what was expected and what was received."""


def read_answer(text: str, request: SongRequest, model: str) -> WrittenSong:
    """Return the song that the model wrote. Raises AnswerRefused for anything not as requested."""
    fields = _object(text)
    if unknown := sorted(fields.keys() - SCHEMA["properties"].keys()):
        raise AnswerRefused(f"Expected the fields that were asked for, got {unknown[0][:40]!r} too.")
    song: dict[str, Any] = {
        "by": model,
        "title": _line("title", fields.get("title"), MAX_TITLE_CHARS),
        "lyrics": _lyrics(fields.get("lyrics"), request),
    }
    for name, read in _OPEN.items():
        if fields.get(name) is not None:
            song["duration_s" if name == "duration" else name] = read(name, fields[name])
    return cast(WrittenSong, song)


def _object(text: str) -> dict[str, Any]:
    """Parse the JSON object, ignoring the thoughts before it and the code fence around it that models tend to
    add."""
    text = text.rpartition("</think>")[2].strip()
    if fenced := _FENCE.match(text):
        text = fenced[1]
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise AnswerRefused("Expected one JSON object, got something else.") from None
    if not isinstance(found, dict):
        raise AnswerRefused(f"Expected one JSON object, got {_kind(found)}.")
    return found


def _refuse_constant(word: str) -> None:
    raise ValueError(word)


def _line(name: str, value: Any, limit: int) -> str:
    """Validate one line of plain text."""
    if not isinstance(value, str):
        raise AnswerRefused(f"{name}: expected a text, got {_kind(value)}.")
    line = " ".join(value.split()).strip("\"'“”„«» ")
    if not line or len(line) > limit:
        raise AnswerRefused(f"{name}: expected 1 to {limit} characters, got {len(line)}.")
    _check_plain(name, line)
    return line


def _check_plain(name: str, text: str) -> None:
    if found := _MARKUP.search(text):
        raise AnswerRefused(f"{name}: expected plain words, got {found[0]!r}.")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") for char in text.replace("\n", "")):
        raise AnswerRefused(f"{name}: expected plain words, got a control character.")


def _lyrics(value: Any, request: SongRequest) -> str:
    if not isinstance(value, str):
        raise AnswerRefused(f"lyrics: expected a text, got {_kind(value)}.")
    if len(value) > MAX_LYRICS_CHARS:
        raise AnswerRefused(f"lyrics: expected at most {MAX_LYRICS_CHARS} characters, got {len(value)}.")
    text = "\n".join(line.strip() for line in value.strip().splitlines())
    _check_plain("lyrics", text)
    pasted = read_pasted(text)
    if not pasted.has_words:
        raise AnswerRefused("lyrics: expected words to sing, got none.")
    _check_sections(pasted.sections)
    _check_language(pasted.text, request)
    return pasted.text


def _check_sections(sections: tuple[PastedSection, ...]) -> None:
    if not any(section.named for section in sections):
        raise AnswerRefused("lyrics: expected section marks such as [Verse], got none.")
    lines = [line.text for section in sections for line in section.lines]
    if len(lines) > MAX_LINES:
        raise AnswerRefused(f"lyrics: expected at most {MAX_LINES} lines, got {len(lines)}.")
    longest_section = max(len(section.lines) for section in sections)
    if longest_section > MAX_SECTION_LINES:
        raise AnswerRefused(
            f"lyrics: expected at most {MAX_SECTION_LINES} lines a section, got {longest_section}."
        )
    longest = max(map(len, lines))
    if longest > MAX_LINE_CHARS:
        raise AnswerRefused(f"lyrics: expected lines of at most {MAX_LINE_CHARS} characters, got {longest}.")


def _check_language(lyrics: str, request: SongRequest) -> None:
    asked, found = request.vocal_language, guess_language(lyrics)
    if asked and found and found != asked:
        raise AnswerRefused(f"lyrics: expected words in {asked}, got {found}.")


def _number(name: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AnswerRefused(f"{name}: expected a number, got {_kind(value)}.")
    if not low <= value <= high:
        raise AnswerRefused(f"{name}: expected a number from {low:g} to {high:g}, got {value:.6g}.")
    return float(value)


def _caption(name: str, value: Any) -> str:
    return _line(name, value, MAX_CAPTION_CHARS)


def _bpm(name: str, value: Any) -> float:
    return _number(name, value, *BPM_RANGE)


def _duration(name: str, value: Any) -> float:
    return _number(name, value, MIN_DURATION_S, MAX_DURATION_S)


def _key(name: str, value: Any) -> str:
    try:
        return str(parse_key(value if isinstance(value, str) and len(value) <= 20 else ""))
    except ValueError:
        raise AnswerRefused(f"{name}: expected a key such as C Major, got another word.") from None


def _metre(name: str, value: Any) -> str:
    try:
        return parse_metre(_line(name, value, 8))
    except ValueError:
        raise AnswerRefused(f"{name}: expected one of {', '.join(METRE_NAMES)}, got another word.") from None


def _language(name: str, value: Any) -> str:
    code = _line(name, value, 10).lower()
    if not _LANGUAGE.fullmatch(code):
        raise AnswerRefused(f"{name}: expected an ISO 639-1 code, got another word.")
    return code


_OPEN: dict[str, Callable[[str, Any], Any]] = {
    "caption": _caption,
    "bpm": _bpm,
    "keyscale": _key,
    "timesignature": _metre,
    "vocal_language": _language,
    "duration": _duration,
}


def _kind(value: Any) -> str:
    names = {str: "a text", bool: "true or false", list: "a list", dict: "an object", type(None): "nothing"}
    return names.get(type(value), "a number")
