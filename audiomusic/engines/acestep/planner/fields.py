"""The fields of a plan: their order, their words and how each is parsed, in one table for both directions.

Lists and ranges are those that ACE-Step 1.5 was trained on (acestep/constants.py in its repository).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audiomusic.engines.acestep.planner.base import PlanRequest
from audiomusic.engines.theory import METRE_NAMES, METRES, parse_key

MIN_BPM, MAX_BPM = 30, 300
MAX_CAPTION_TOKENS = 512
MAX_GENRES_TOKENS = 48
LANGUAGES = (
    "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr",
    "ht", "hu", "id", "is", "it", "ja", "ko", "la", "lt", "ms", "ne", "nl", "no", "pa", "pl", "pt", "ro",
    "ru", "sa", "sk", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "vi", "yue", "zh",
    "unknown",
)  # fmt: skip
#: The model's word -> the metre.
METRE_WORDS = {word: name for word, name in METRES.items() if word.isdigit()}
KEYSCALES = tuple(
    f"{note}{accidental} {mode}"
    for note in "ABCDEFG"
    for accidental in ("", "#", "b", "♯", "♭")
    for mode in ("major", "minor")
)


@dataclass(frozen=True)
class Field:
    """One field of a plan. `values` lists every word the model may write; None for free text."""

    name: str
    wanted: str  # for the message about an unreadable word
    read: Callable[[str], Any]  # the model's word -> the answer's value, or None
    word: Callable[[Any], str | None]  # a request's value -> the model's word, or None
    values: Callable[[PlanRequest], tuple[str, ...]] | None = None
    greedy: bool = False
    most_tokens: int = 0
    many_lines: bool = False


def _between(low: int, high: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(low, high + 1))


def durations(request: PlanRequest) -> tuple[str, ...]:
    """Return every length in whole seconds that the planner may choose."""
    most = max(1, int(request.max_duration_s))
    return _between(min(math.ceil(request.min_duration_s), most), most)


def read_whole(low: int, high: int) -> Callable[[str], int | None]:
    """Return a parser for integers from `low` to `high`."""

    def read(word: str) -> int | None:
        match = re.fullmatch(r"\s*(\d{1,4})(?:\.\d*)?\s*(?:bpm|s|sec|seconds)?\s*", word, re.IGNORECASE)
        return int(match[1]) if match and low <= int(match[1]) <= high else None

    return read


def read_keyscale(word: str) -> str | None:
    """Parse a key such as "f sharp Minor", "Bbm" or "C" into the model's words: "F# minor", "Bb minor", "C
    major". Other modes become the nearer of the two that it knows."""
    try:
        key = parse_key(word)
    except ValueError:
        return None
    return f"{key.tonic} {key.key.tonality}"


def read_metre(word: str) -> str | None:
    """Parse "4", "4/4" or "6/8" into the contract's form."""
    return METRES.get(word.strip())


def read_language(word: str) -> str | None:
    """Parse a language code of the list; a region ("pt-BR") is dropped."""
    code = re.split(r"[-_]", word.strip().casefold())[0]
    return code if code in LANGUAGES else None


def read_text(word: str) -> str | None:
    """Return one line with single spaces and only printable characters; None if nothing is left."""
    plain = "".join(char if char.isprintable() else " " for char in word if char != "\ufffd")
    return " ".join(plain.split()) or None


def _metre_word(value: str) -> str | None:
    metre = read_metre(value)
    return next((word for word, name in METRE_WORDS.items() if name == metre), None)


def _language_word(value: str) -> str | None:
    language = read_language(value)
    return None if language == "unknown" else language


def _bpm_word(value: float) -> str | None:
    return str(round(value)) if MIN_BPM <= round(value) <= MAX_BPM else None


# In the order the model writes them.
FIELDS: Mapping[str, Field] = {
    row.name: row
    for row in (
        Field(
            "bpm",
            f"a whole number from {MIN_BPM} to {MAX_BPM}",
            read_whole(MIN_BPM, MAX_BPM),
            _bpm_word,
            lambda request: _between(MIN_BPM, MAX_BPM),
        ),
        Field("caption", "words", read_text, read_text, most_tokens=MAX_CAPTION_TOKENS, many_lines=True),
        Field(
            "duration",
            "whole seconds from 1 to 600",
            read_whole(1, 600),
            lambda seconds: str(max(1, round(seconds))),
            durations,
        ),
        Field("genres", "words", read_text, read_text, most_tokens=MAX_GENRES_TOKENS),
        Field(
            "keyscale",
            "a key such as C major or F# minor",
            read_keyscale,
            read_keyscale,
            lambda request: KEYSCALES,
        ),
        Field(
            "language",
            "a language code such as en, or unknown",
            read_language,
            _language_word,
            lambda request: LANGUAGES,
            greedy=True,
        ),
        Field(
            "timesignature",
            f"one of {', '.join(METRE_NAMES)}",
            read_metre,
            _metre_word,
            lambda request: tuple(METRE_WORDS),
        ),
    )
}
ANSWER_NAMES = {"duration": "duration_s"}  # if the answer's attribute has another name


def given_words(request: PlanRequest) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the request gives, in the model's words, and messages for what the model has no word
    for."""
    words: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in ("bpm", "duration", "keyscale", "language", "timesignature"):
        value = getattr(request, ANSWER_NAMES.get(name, name))
        if value is None or value in ("", "unknown"):
            continue
        word = FIELDS[name].word(value)
        if word is None:
            problems[name] = f"the language model knows no {name} {value!r}; wanted {FIELDS[name].wanted}"
        else:
            words[name] = word
    return words, problems
