"""Assignment of a line's words to voices: a line may mix several scripts."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

EVERYBODY = "*"
HUMMED = ""  # the language of text that no voice reads


@dataclass(frozen=True)
class ScriptReader:
    """One row of scripts.toml, which documents the fields."""

    name: str
    readers: tuple[str, ...]
    otherwise: str
    not_readers: tuple[str, ...] = ()

    def is_read_by(self, language: str) -> bool:
        tag = language.lower().replace("_", "-").partition("-")[0]
        return tag not in self.not_readers and (EVERYBODY in self.readers or tag in self.readers)


class Run(NamedTuple):
    """A stretch of a line that one voice reads; its language is HUMMED if none does."""

    start: int
    end: int
    language: str


@cache
def scripts() -> dict[str, ScriptReader]:
    rows = tomllib.loads(Path(__file__).with_name("scripts.toml").read_text(encoding="utf-8"))["scripts"]
    read = (
        ScriptReader(row["name"], tuple(row["readers"]), row["otherwise"], tuple(row.get("not_readers", ())))
        for row in rows
    )
    return {script.name: script for script in read}


@lru_cache(maxsize=8192)
def reader_of(character: str, language: str) -> str | None:
    """Return the language that reads a character in a line of `language`, HUMMED if none does.

    Return None for characters that any voice reads (digits, marks, blanks).
    """
    if unicodedata.category(character)[0] != "L":
        return None
    name = unicodedata.name(character, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ")
    if name.startswith("MODIFIER LETTER"):
        return None
    script = scripts().get(name.partition(" ")[0])
    if script is None:
        return HUMMED
    return language if script.is_read_by(language) else script.otherwise


def runs(line: str, language: str) -> list[Run]:
    """Split `line` into stretches of one reader each. Neutral characters join the stretch before them.

    Characters before the first letter go to the first reader. A line without letters is in `language`.
    """
    found: list[Run] = []
    for place, character in enumerate(line):
        reader = reader_of(character, language)
        if not found:
            if reader is not None:
                found.append(Run(0, place + 1, reader))
        elif reader is None or reader == found[-1].language:
            found[-1] = found[-1]._replace(end=place + 1)
        else:
            found.append(Run(place, place + 1, reader))
    return found or [Run(0, len(line), language)]
