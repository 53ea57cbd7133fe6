"""Determines which bars a change may touch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audiomusic.engines.notation.tune import WrittenTune

WORDS = (
    "intro", "verse", "pre-chorus", "prechorus", "chorus", "refrain", "hook", "bridge", "solo", "breakdown",
    "drop", "outro", "theme", "interlude",
)  # fmt: skip
NAMED = re.compile(rf"\b(?P<name>{'|'.join(WORDS)})(?:es|s)?\b(?:\s+(?P<number>\d{{1,3}}))?", re.IGNORECASE)
BARS = re.compile(
    r"\b(?:bars?|measures?)\s+(?P<first>\d{1,5})(?:\s*(?:-|–|to|through|until)\s*(?P<last>\d{1,5}))?"
)


class TargetMissing(ValueError):
    """There are no such bars. `sections`: the existing ones."""

    def __init__(self, sentence: str, sections: Sequence[str]) -> None:
        super().__init__(sentence)
        self.sections = list(sections)


class NotUnderstood(ValueError):
    """The instruction is unknown, or changes nothing here."""


class UnknownChange(NotUnderstood):
    """The instruction is unknown."""


@dataclass(frozen=True)
class SectionBars:
    """One section: its first bar, and its exclusive last one."""

    label: str
    first: int
    last: int


def parts_of(tune: WrittenTune) -> list[SectionBars]:
    starts = [(section.bar, section.label) for section in tune.sections] or [(0, "Song")]
    if starts[0][0] > 0:
        starts.insert(0, (0, ""))
    ends = [*(bar for bar, _ in starts[1:]), tune.bars]
    return [SectionBars(label, bar, end) for (bar, label), end in zip(starts, ends, strict=True) if end > bar]


def named_parts(tune: WrittenTune, name: str) -> list[SectionBars]:
    """Return the sections of this name: all for "chorus", the second for "chorus 2". Raises TargetMissing."""
    parts = parts_of(tune)
    wanted = " ".join(name.casefold().split())
    if exact := [part for part in parts if part.label.casefold() == wanted]:
        return exact
    match = re.fullmatch(r"(?:the )?(.+?)(?:\s+(\d{1,3}))?", wanted)
    word, number = (_word_of(match[1]), match[2]) if match else (wanted, None)
    words = {word, word.removesuffix("s"), word.removesuffix("es")}
    alike = [part for part in parts if part.label and _word_of(part.label) in words]
    if number:
        alike = alike[int(number) - 1 : int(number)] if int(number) else []
    if not alike:
        labels = [part.label for part in parts if part.label]
        raise TargetMissing(f"Expected one of the sections {', '.join(labels)}, got {name[:60]!r}.", labels)
    return alike


def _word_of(label: str) -> str:
    return re.sub(r"[\s\d.:-]+", "", label.casefold())


def bars_wanted(
    tune: WrittenTune, section: str | None, bars: tuple[int, int] | None, instruction: str
) -> tuple[int, ...] | None:
    """Return bars from 0, or None for the whole song. The instruction's own names only count if nothing else
    is given. Raises TargetMissing."""
    wanted: set[int] | None = None
    if section:
        wanted = {bar for part in named_parts(tune, section) for bar in range(part.first, part.last)}
    if bars:
        here = _range(tune, *bars)
        wanted = here if wanted is None else wanted & here
    if wanted is None and (match := BARS.search(instruction)):
        first = int(match["first"])
        wanted = _range(tune, first, int(match["last"] or first))
    if wanted is None and (found := list(NAMED.finditer(instruction))):
        wanted = {
            bar
            for match in found
            for part in named_parts(tune, match["name"] + (f" {match['number']}" if match["number"] else ""))
            for bar in range(part.first, part.last)
        }
    if wanted is not None and not wanted:
        labels = [part.label for part in parts_of(tune)]
        raise TargetMissing("Expected bars that lie in the section, got none of it.", labels)
    return None if wanted is None else tuple(sorted(wanted))


def _range(tune: WrittenTune, first: int, last: int) -> set[int]:
    if not 1 <= first <= last <= tune.bars:
        labels = [part.label for part in parts_of(tune)]
        raise TargetMissing(f"Expected bars from 1 to {tune.bars}, got {first} to {last}.", labels)
    return set(range(first - 1, last))
