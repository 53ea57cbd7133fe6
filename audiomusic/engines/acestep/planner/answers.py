"""Parses the model's text into an answer: given values win, and unreadable ones are reported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from audiomusic.engines.acestep.planner.base import PlanAnswer, PlanRequest
from audiomusic.engines.acestep.planner.fields import ANSWER_NAMES, FIELDS, read_text
from audiomusic.engines.acestep.planner.prompts import THINK, THINK_END, plain

_LINE = re.compile(r"^\s?(\w+)\s*:(.*)$")
_HEADER = re.compile(r"^\s*#+\s*lyrics?\s*:?\s*\n", re.IGNORECASE)
_SHOWN_CHARS = 40  # of an unreadable word


def thought_words(text: str) -> dict[str, str]:
    """Return the fields of an unconstrained think block. It may lack its closing tag and contain odd
    lines."""
    block = text.split(THINK_END)[0].split(THINK)[-1]
    words: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        match = _LINE.match(line)
        if match and match[1].casefold() in FIELDS:
            name = match[1].casefold()
            words[name] = match[2]
        elif name and line[:1].isspace():
            words[name] += f"\n{line}"
    return words


def lyrics_text(text: str) -> str:
    """Return the text after the think block, without the heading and special tokens; empty if there is
    none."""
    after = text.partition(THINK_END)[2]
    lines = plain(_HEADER.sub("", after)).splitlines()
    return "\n".join(read_text(line) or "" for line in lines).strip()


def make_answer(
    request: PlanRequest,
    *,
    given: Mapping[str, str],
    found: Mapping[str, str],
    asked: tuple[str, ...] = (),
    unread: Mapping[str, str] | None = None,
) -> PlanAnswer:
    """Parse every field. `given` and `found` are in the model's words; `asked` lists the fields it should
    have found."""
    values: dict[str, Any] = {name: FIELDS[name].read(word) for name, word in given.items()}
    if request.duration_s is not None:
        values["duration"] = request.duration_s  # exact; the model's word is rounded
    problems = dict(unread or {})
    read: list[str] = []
    for name in FIELDS:
        if name in given or name not in (*asked, *found):
            continue
        word = _unquoted(plain(found.get(name, "")))
        value = FIELDS[name].read(word)
        if value is None:
            wrote = f"wrote {' '.join(word.split())[:_SHOWN_CHARS]!r}" if word.strip() else "left it out"
            problems[name] = f"wanted {FIELDS[name].wanted}, the language model {wrote}"
        else:
            values[name] = value
            read.append(name)
    caption = values.pop("caption", None) or request.caption
    attributes = {ANSWER_NAMES.get(name, name): value for name, value in values.items()}
    return PlanAnswer(
        caption=caption,
        lyrics=request.lyrics,
        given=tuple(name for name in FIELDS if name in given),
        found=tuple(read),
        unread=problems,
        **attributes,
    )


def _unquoted(word: str) -> str:
    """Unquote a value as YAML does, such as 'no' or a caption with a colon; leave others unchanged."""
    if word.strip()[:1] not in ("'", '"'):
        return word
    try:
        value = yaml.safe_load(word.strip())
    except yaml.YAMLError:
        return word
    return value if isinstance(value, str) else word
