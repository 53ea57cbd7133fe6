"""Parsing JSON values, one reader per kind of parameter.

Readers are strict: no "30" for 30, no true for 1. They raise ValueError with a sentence that says what was
expected and what was received.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from audiomusic.engines.theory import parse_key, parse_metre
from audiomusic.http.fields import mismatch, read_boolean, read_number, read_text
from audiomusic.http.regex import LINK
from jobs.specs import spelling
from jobs.specs.parameters import MAX_ROW_ID, Kind, Parameter
from presets.selectors import adapters_asked, preset_named

MAX_SEEDS = 8
MAX_SPELLING_CHARS = 40  # of a key, a metre or a language; longer texts are not matched against a pattern
_NOUNS: dict[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "switch": "true or false",
    "key": "a key such as C Major, Am, F# minor, D dorian or Bb",
    "metre": "a metre such as 4/4",
    "language": "an ISO 639-1 code such as en",
    "link": "an http or https link",
    "preset": "a preset's name",
    "adapter": "registered adapters' names",
    "seeds": "a list of 1 to 8 whole numbers from 0 to 4294967295",
}


def expected(parameter: Parameter) -> str:
    """Return what the parameter may be, for error messages: 'a number from 1 to 600, or -1'."""
    low, high = parameter.minimum, parameter.maximum
    if parameter.kind in ("choice", "word", "metre"):
        return "one of " + ", ".join(parameter.choices)
    if parameter.kind in ("text", "lyrics"):
        return f"text of {low:g} to {high:g} characters"
    if parameter.kind in ("number", "integer"):
        auto = "" if parameter.auto is None else f", or {parameter.auto}"
        if high == MAX_ROW_ID:  # too long for anyone to read
            return f"{_NOUNS[parameter.kind]}, {low:g} or more{auto}"
        return f"{_NOUNS[parameter.kind]} from {low:.10g} to {high:.10g}{auto}"
    return _NOUNS[parameter.kind]


def fail(parameter: Parameter, value: Any) -> NoReturn:
    raise mismatch(expected(parameter), value)


def _number(parameter: Parameter, value: Any) -> float:
    number = read_number(value, expected(parameter))
    low, high = parameter.minimum, parameter.maximum
    if number != parameter.auto and not low <= number <= high:  # type: ignore[operator]  # NaN fails too
        fail(parameter, value)
    return float(number)


def _integer(parameter: Parameter, value: Any) -> int:
    number = _number(parameter, value)
    if not number.is_integer():
        fail(parameter, value)
    return int(number)


def _switch(parameter: Parameter, value: Any) -> bool:
    return read_boolean(value, expected(parameter))


def _text(parameter: Parameter, value: Any) -> str:
    """Strip the text's outer white space; its length counts Unicode code points."""
    text = read_text(value, expected(parameter))
    if len(text) > (parameter.maximum or 0):
        raise ValueError(f"Expected {expected(parameter)}, got {len(text)} characters.".capitalize())
    if parameter.is_required and not text:
        raise ValueError(f"Expected {expected(parameter)}, got only white space.".capitalize())
    return text


def _lyrics(parameter: Parameter, value: Any) -> str:
    text = _text(parameter, value)
    is_music = spelling.has_words(text) or spelling.is_form(text) or spelling.is_instrumental_tag(text)
    if text and not is_music:
        raise ValueError("The lyrics contain nothing to sing, and no [section] tags for an instrumental.")
    return text


def _link(parameter: Parameter, value: Any) -> str:
    text = _text(parameter, value)
    if text and not re.fullmatch(LINK, text):
        fail(parameter, value)
    return text


def _choice(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str) or value not in parameter.choices:
        fail(parameter, value)
    return value


def _word(parameter: Parameter, value: Any) -> str:
    word = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(word, str) or word not in parameter.choices:
        fail(parameter, value)
    return word


def _spelling(parse: Callable[[str], str]) -> Callable[[Parameter, Any], str]:
    """Return a reader for words with several spellings."""

    def read(parameter: Parameter, value: Any) -> str:
        if not isinstance(value, str) or len(value) > MAX_SPELLING_CHARS:
            fail(parameter, value)
        try:
            return parse(value)
        except ValueError:
            fail(parameter, value)

    return read


def _preset(parameter: Parameter, value: Any) -> str:
    name = _text(parameter, value)
    try:
        return preset_named(name).name if name else ""
    except LookupError as error:
        raise ValueError(str(error)) from None


def _adapter(parameter: Parameter, value: Any) -> str:
    """Return the adapters' names as registered; if there are several, with each weight given."""
    text = _text(parameter, value)
    if not text:
        return ""
    try:
        uses = adapters_asked(text, math.nan)
    except LookupError as error:
        raise ValueError(str(error)) from None
    return ", ".join(row.name if math.isnan(weight) else f"{row.name}:{weight:g}" for row, weight in uses)


def _seeds(parameter: Parameter, value: Any) -> list[int]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_SEEDS:
        fail(parameter, value)
    try:
        return [_integer(parameter, seed) for seed in value]
    except ValueError:
        fail(parameter, value)


READERS: dict[Kind, Callable[[Parameter, Any], Any]] = {
    "text": _text,
    "lyrics": _lyrics,
    "link": _link,
    "number": _number,
    "integer": _integer,
    "switch": _switch,
    "choice": _choice,
    "word": _word,
    "key": _spelling(lambda text: str(parse_key(text))),
    "metre": _spelling(parse_metre),
    "language": _spelling(spelling.parse_language),
    "preset": _preset,
    "adapter": _adapter,
    "seeds": _seeds,
}


def read(parameter: Parameter, value: Any) -> Any:
    """Return the parsed value. Raises ValueError with a sentence."""
    return READERS[parameter.kind](parameter, value)
