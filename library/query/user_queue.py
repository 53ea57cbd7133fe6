"""The line in front of the studio as one user sees it: what is theirs, how far it is, and how long it will
take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audiomusic.accounts.models import User
from jobs.models import Job, Status
from library.query.job_row import JobRow, rows_of
from library.query.queue_estimate import QueueEstimate

SHOWN = 100


@dataclass(frozen=True)
class UserQueue:
    """Everybody's unfinished jobs at one moment, and what belongs to one user."""

    user: User

    @cached_property
    def jobs(self) -> list[Job]:
        """The user's own, those in the making first."""
        mine = Job.objects.of_user(self.user)
        making = list(mine.being_made().order_by("id")[:SHOWN])
        return [*making, *mine.waiting().order_by("id")[: SHOWN - len(making)]]

    @cached_property
    def rows(self) -> list[JobRow]:
        """With their places in the order in which workers will take them."""
        return rows_of(self.jobs, self.forecast.places)

    @cached_property
    def forecast(self) -> QueueEstimate:
        return QueueEstimate()

    @property
    def worker_count(self) -> int:
        return self.forecast.worker_count

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
                    "left": left_words(self.forecast.left_s.get(row.job.id)),
                }
                for row in self.rows
            ]
        }


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
