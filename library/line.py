"""The line in front of the studio: who is in it, how far they are, and how long it will take, told from
how long the last songs really took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings

from audiomusic.accounts.models import User
from audiomusic.engines.estimate import HEADROOM
from jobs.beats import live_workers
from jobs.models import Job, Status
from library.rows import Row, rows_of

LAST_SONGS = 20  # whose speed is taken for the next ones'
LONGEST_LINE = 2000  # waiting jobs that are looked at
SHOWN = 100


class InLine(NamedTuple):
    """An unfinished job, as far as waiting for it is concerned."""

    id: int
    status: str
    audio_s: float  # to be made
    share: float  # 0..1 of it is done

    @property
    def left_s(self) -> float:
        """Seconds of audio still to be made."""
        return self.audio_s * (1 - self.share)


@dataclass(frozen=True)
class Line:
    """Everybody's unfinished jobs at one moment, and what belongs to one user."""

    user: User

    @cached_property
    def jobs(self) -> list[Job]:
        """The user's own, those in the making first."""
        mine = Job.objects.of_user(self.user)
        making = list(mine.being_made().order_by("id")[:SHOWN])
        return [*making, *mine.waiting().order_by("id")[: SHOWN - len(making)]]

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(self.jobs)

    @cached_property
    def entries(self) -> list[InLine]:
        return [*_entries(Job.objects.being_made()), *_entries(Job.objects.waiting().order_by("id"))]

    @cached_property
    def worker_count(self) -> int:
        return live_workers().count()

    @cached_property
    def pace(self) -> float | None:
        """Seconds of work that a second of audio took lately; None before the first song."""
        return measured_pace()

    @cached_property
    def left_s(self) -> dict[int, float]:
        """Job -> seconds until it is done, as the last songs went; nothing where none was made yet or
        nobody works."""
        if self.pace is None or not self.worker_count:
            return {}
        left: dict[int, float] = {}
        before_s = 0.0
        for entry in self.entries:
            own_s = entry.left_s * self.pace
            is_made = entry.status == Status.PROCESSING
            left[entry.id] = own_s if is_made else before_s / self.worker_count + own_s
            before_s += own_s
        return left

    @property
    def heading(self) -> str:
        """ "2 in the making, 5 waiting"."""
        made = sum(row.job.status == Status.PROCESSING for row in self.rows)
        waiting = len(self.rows) - made
        words = [f"{made} in the making" if made else "", f"{waiting} waiting" if waiting else ""]
        return ", ".join(filter(None, words)) or "Nothing in line"

    def describe(self) -> dict[str, Any]:
        """The user's jobs for the page's modules, in words."""
        return {
            "jobs": [
                {
                    "id": row.job.id,
                    "status": row.job.status,
                    "stage": row.stage,
                    "percent": row.percent,
                    "left": left_words(self.left_s.get(row.job.id)),
                }
                for row in self.rows
            ]
        }


def _entries(jobs: Any) -> Iterable[InLine]:
    rows = jobs.values_list("id", "status", "duration_s", "batch_size", "credits_reserved", "progress")
    for id, status, duration_s, batch_size, reserved, progress in rows[:LONGEST_LINE]:
        reserved_s = reserved * 60 / settings.CREDITS_PER_MINUTE if settings.CREDITS_PER_MINUTE else 0
        audio_s = duration_s * batch_size if duration_s else reserved_s / HEADROOM
        yield InLine(id, status, audio_s, (progress or 0) / 100)


def measured_pace() -> float | None:
    """Seconds of work for a second of audio, over the server's last songs; None where there are none."""
    made = (
        Job.objects.filter(status=Status.COMPLETED)
        .exclude(started_at=None)
        .order_by("-id")
        .values_list("started_at", "completed_at", "duration_s", "batch_size")[:LAST_SONGS]
    )
    work_s = audio_s = 0.0
    for started_at, completed_at, duration_s, batch_size in made:
        if completed_at and duration_s:
            work_s += max(0.0, (completed_at - started_at).total_seconds())
            audio_s += duration_s * batch_size
    return work_s / audio_s if audio_s else None


def left_words(seconds: float | None) -> str:
    """About how long, as one would say it; "" where nobody can know."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 55:
        return f"about {round(seconds / 10) * 10} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {max(1, minutes)} min left"
    hours, rest = divmod(minutes, 60)
    return f"about {hours} h {rest} min left" if rest else f"about {hours} h left"
