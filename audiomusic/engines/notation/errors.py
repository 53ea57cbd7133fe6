"""Problems in a written score, located by bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`bar` and `line` of the text count from 1; None if the problem belongs to no single bar."""

    sentence: str
    bar: int | None = None
    voice: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return, e.g., "Bar 12, Vocal (line 30): Expected 4 beats, got 5." """
        place = ", ".join(
            filter(None, (f"Bar {self.bar}" if self.bar else "", self.voice if self.bar else ""))
        )
        line = f"line {self.line}" if self.line else ""
        head = f"{place} ({line}): " if place and line else f"{place or line.capitalize()}: "
        return f"{head}{self.sentence}" if place or line else self.sentence


class NotationError(ValueError):
    """The text is not a score, or not the expected one; it has at least one problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(str(self.problems[0]))
