"""How long ago something was; the spans of time that staff look back over, and their hours or days as the
database groups by them. All in UTC."""

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
    """The last `count` hours or days, the one that is running included."""

    name: str
    label: str
    count: int
    step: timedelta
    chars: int  # of a stamp: "2026-11-22", or "2026-11-22 09"
    label_format: str

    def starts(self, now: datetime) -> list[datetime]:
        """When each of its steps began, oldest first."""
        is_hourly = self.step < timedelta(days=1)
        last = now.replace(hour=now.hour if is_hourly else 0, minute=0, second=0, microsecond=0)
        return [last - self.step * back for back in reversed(range(self.count))]

    def stamp(self, start: datetime) -> str:
        """What `Stamp` makes of the moments of the step that began then."""
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
    """ "just now", "5 minutes ago"."""
    passed = timezone.now() - moment
    return "just now" if passed < timedelta(minutes=1) else f"{timesince(moment, depth=1)} ago"


class PeriodKey(Func):
    """The first `chars` characters of a moment as text, for grouping.

    Django's own truncation calls back into Python for each row on SQLite, which costs more than all the
    rest of a query over an index.
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
