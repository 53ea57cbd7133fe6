"""The queue as one user sees it: their jobs, their progress and the time left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audiomusic.accounts.models import User
from jobs.models import Job, Status
from library.query.job_row import JobRow, rows_of
from library.query.queue_estimate import QueueEstimate

SHOWN = 100
FEW_S = 8  # shorter times are "a few seconds",
SOON_S = 5  # which is reported as this many
IN_SECONDS_S = 60  # from here on in minutes
STEPS = ((32, 5), (55, 10), (10 * 3600, 60), (float("inf"), 3600))  # (upper limit in seconds, rounding step)


@dataclass(frozen=True)
class UserQueue:
    """A user's unfinished jobs within the queue of all users, at one moment."""

    user: User

    @cached_property
    def jobs(self) -> list[Job]:
        """Return the user's jobs, running ones first."""
        mine = Job.objects.of_user(self.user)
        making = list(mine.being_made().order_by("id")[:SHOWN])
        return [*making, *mine.waiting().order_by("id")[: SHOWN - len(making)]]

    @cached_property
    def rows(self) -> list[JobRow]:
        """Return the rows with their positions in the order in which workers will claim them."""
        return rows_of(self.jobs, self.forecast.places)

    @cached_property
    def forecast(self) -> QueueEstimate:
        return QueueEstimate()

    @property
    def worker_count(self) -> int:
        return self.forecast.worker_count

    @property
    def heading(self) -> str:
        """Return a summary such as "2 in progress, 5 waiting"."""
        made = sum(row.job.status == Status.PROCESSING for row in self.rows)
        waiting = len(self.rows) - made
        words = [f"{made} in progress" if made else "", f"{waiting} waiting" if waiting else ""]
        return ", ".join(filter(None, words)) or "Queue is empty"

    def describe(self) -> dict[str, Any]:
        """Return the user's jobs for the page's scripts, in readable form."""
        return {"jobs": [self._described(row) for row in self.rows]}

    def _described(self, row: JobRow) -> dict[str, Any]:
        rounded_s = round_left_s(self.forecast.left_s.get(row.job.id))
        return {
            "id": row.job.id,
            "status": row.job.status,
            "stage": row.stage,
            "percent": row.percent,
            "left": left_words(rounded_s),
            "left_s": rounded_s,
        }


def round_left_s(seconds: float | None) -> int | None:
    """Round to the precision of the estimate, so that small changes do not alter the display."""
    if seconds is None:
        return None
    if seconds < FEW_S:
        return SOON_S
    step_s = next(step_s for up_to_s, step_s in STEPS if seconds < up_to_s)
    return round(seconds / step_s) * step_s


def left_words(seconds: float | None) -> str:
    """Return the approximate time left in words; "" if unknown."""
    rounded_s = round_left_s(seconds)
    if rounded_s is None:
        return ""
    if rounded_s < FEW_S:
        return "a few seconds left"
    if rounded_s < IN_SECONDS_S:
        return f"about {rounded_s} s left"
    hours, minutes = divmod(round(rounded_s / 60), 60)
    if not hours:
        return f"about {minutes} min left"
    return f"about {hours} h {minutes} min left" if minutes else f"about {hours} h left"
