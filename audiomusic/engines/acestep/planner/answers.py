"""From the model's words to an answer: what was given wins, what cannot be read is reported."""

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
_SHOWN_CHARS = 40  # of a word that could not be read


def thought_words(text: str) -> dict[str, str]:
    """The fields of a think block that was written freely: its closing mark may lack, lines may be odd."""
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
    """What follows the think block, without the heading and the model's marks. Empty where none does."""
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
    """Read every word. `given` and `found` are in the model's words, `asked` what it should have found."""
    values: dict[str, Any] = {name: FIELDS[name].read(word) for name, word in given.items()}
    if request.duration_s is not None:
        values["duration"] = request.duration_s  # to the split second; the model's word is rounded
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
    """A value as YAML quotes it, such as 'no' or a caption with a colon; else as it stands."""
    if word.strip()[:1] not in ("'", '"'):
        return word
    try:
        value = yaml.safe_load(word.strip())
    except yaml.YAMLError:
        return word
    return value if isinstance(value, str) else word
