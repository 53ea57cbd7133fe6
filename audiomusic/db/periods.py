"""Periods for the staff's charts, their hours or days as database groups, and the age of a moment in words.
All in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Func
from django.utils import timezone
from django.utils.timesince import timesince


@dataclass(frozen=True)
class Period:
    """The last `count` hours or days, including the current one."""

    name: str
    label: str
    count: int
    step: timedelta
    chars: int  # of the group key: "2026-11-22", or "2026-11-22 09"
    label_format: str

    def starts(self, now: datetime) -> list[datetime]:
        """Return the start of each step, oldest first."""
        is_hourly = self.step < timedelta(days=1)
        last = now.replace(hour=now.hour if is_hourly else 0, minute=0, second=0, microsecond=0)
        return [last - self.step * back for back in reversed(range(self.count))]

    def stamp(self, start: datetime) -> str:
        """Return the `PeriodKey` of all moments in the step that starts then."""
        return start.strftime("%Y-%m-%d %H")[: self.chars]

    def label_of(self, start: datetime) -> str:
        return start.strftime(self.label_format)


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_HOUR_CHARS, _DAY_CHARS = len("2026-11-22 09"), len("2026-11-22")
PERIODS = {
    "day": Period("day", "24 hours", 24, _HOUR, _HOUR_CHARS, "%H:%M"),
    "week": Period("week", "7 days", 7, _DAY, _DAY_CHARS, "%d %b"),
    "month": Period("month", "30 days", 30, _DAY, _DAY_CHARS, "%d %b"),
}
DEFAULT_PERIOD = PERIODS["week"]


def ago(moment: datetime) -> str:
    """Return the age in words, such as "just now" or "5 minutes ago"."""
    passed = timezone.now() - moment
    return "just now" if passed < timedelta(minutes=1) else f"{timesince(moment, depth=1)} ago"


class PeriodKey(Func):
    """The first `chars` characters of a moment as text, for grouping.

    On SQLite, Django's own truncation calls a Python function for each row, which takes longer than the rest
    of a query over an index.
    """

    output_field = models.CharField()

    def __init__(self, expression: Any, chars: int) -> None:
        super().__init__(expression)
        self.chars = chars

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        return super().as_sql(
            compiler, connection, template=f"substr(%(expressions)s, 1, {self.chars})", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        text = "to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
        return super().as_sql(compiler, connection, template=f"substr({text}, 1, {self.chars})", **context)
