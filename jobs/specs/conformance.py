"""The outcome of a caption's wishes, for a track's page and the staff's page of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.models import Job
from jobs.specs.parameters import TASKS

TEXTS = ("wish", "asked", "found")


@dataclass(frozen=True)
class WishRow:
    """One wish checked against one take."""

    wish: str  # in the caption's words
    asked: str
    found: str
    is_kept: bool
    take: int


@dataclass(frozen=True)
class WishNote:
    """A wish that was not applied, with the reason."""

    wish: str
    reason: str


@dataclass(frozen=True)
class WishReport:
    rows: tuple[WishRow, ...]
    notes: tuple[WishNote, ...]  # of wishes without a row
    not_understood: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.rows or self.notes or self.not_understood)

    @property
    def has_takes(self) -> bool:
        """Whether there are several takes to tell apart."""
        return len({row.take for row in self.rows}) > 1

    @property
    def kept_count(self) -> int:
        return sum(row.is_kept for row in self.rows)


def wish_report(job: Job) -> WishReport:
    """Return the engine's report; empty if the engine or song has none."""
    effective = job.effective
    rows = tuple(_row(entry) for entry in _listed(effective, "conformance") if isinstance(entry, Mapping))
    judged = {row.wish for row in rows}
    not_applied = effective.get("not_applied")
    notes = not_applied if isinstance(not_applied, Mapping) else {}
    return WishReport(
        rows=rows,
        notes=tuple(
            WishNote(str(wish), str(reason))
            for wish, reason in notes.items()
            if wish not in judged and not _is_parameter(job, wish)
        ),
        not_understood=tuple(str(words) for words in _listed(effective, "not_understood")),
    )


def _row(entry: Mapping[str, Any]) -> WishRow:
    wish, asked, found = (str(entry.get(name, "")) for name in TEXTS)
    return WishRow(wish, asked, found, bool(entry.get("ok")), int(entry.get("take") or 1))


def _listed(effective: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = effective.get(name)
    return found if isinstance(found, list) else ()


def _is_parameter(job: Job, name: str) -> bool:
    """Whether `name` is a parameter, which the table of requested and used values shows."""
    table = TASKS.get(job.task)
    return name in job.params or any(name in each.all_names for each in (table.parameters if table else ()))
