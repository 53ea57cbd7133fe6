"""Determines who sings which lines, from names before a colon and in section headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from audiomusic.engines.lyrics.headings import HeaderField, Heading, names_of, peel, read_square, read_strict
from audiomusic.engines.lyrics.words import fold, words_of

NAMED_TWICE = 2  # from this many lines with a colon on, the word before it is a singer

_SPEAKER = re.compile(r"([^\W\d_][^:：\n]{0,40})[:：](?:\s+(\S.*))?")
_SIGNS_SPEAKER = re.compile(r"([男女合]|合唱|男声|女声|全員|二人)\s*[:：]\s*(\S.*)?")


def speaker_of(text: str, known: frozenset[str]) -> tuple[str, str] | None:
    """Return the name before a line's colon, and the words after it, if the name is `known`."""
    found = _SIGNS_SPEAKER.fullmatch(text) or _SPEAKER.fullmatch(text[:400])
    if found is None or fold(found[1]) not in known:
        return None
    return found[1].strip(), text[found.start(2) :] if found[2] else ""


def speakers_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the names that precede a colon, or are in a section's heading, often enough to be singers."""
    before: Counter[str] = Counter()
    headed: set[str] = set()
    for line in lines:
        line = line.strip().strip("*_")
        if line[:1] in ("[", "【", "［"):
            headed.update(fold(name) for name in _headed_names(line))
        elif name := _name_before_colon(line):
            before[fold(name)] += 1
    is_dialogue = before.total() >= NAMED_TWICE
    known = words_of("marks", "groups") | headed
    return frozenset(name for name in before if is_dialogue or name in known) | headed


def _headed_names(line: str) -> tuple[str, ...]:
    mark = read_square(peel(line).text)
    if isinstance(mark, Heading):
        return (*names_of(mark.singers), mark.singers) if mark.singers else ()
    return (mark.value,) if isinstance(mark, HeaderField) and mark.name == "singer" else ()


def _name_before_colon(line: str) -> str:
    if ":" not in line[:44] and "：" not in line[:44]:
        return ""
    found = _SIGNS_SPEAKER.fullmatch(line) or _SPEAKER.fullmatch(line[:400])
    if found is None or not names_of(found[1]) or read_strict(found[1], is_bare=False):
        return ""
    return found[1]
