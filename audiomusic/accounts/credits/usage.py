"""Daily spending of a user, its chart, and the credit flow of all users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import dateformat, timezone

from audiomusic.accounts.credits.ledger import UNLIMITED
from audiomusic.accounts.models import CreditEntry, User
from audiomusic.adminkit.charts import Columns, stacked
from audiomusic.db.periods import Period, PeriodKey

DAYS = 30
HEIGHT = 120.0  # in the chart's own units


def spent_by_day(user: User, days: int = DAYS) -> list[tuple[date, int]]:
    """Return the credits spent on each of the last `days` days in the reader's time zone, oldest first,
    including days without charges."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    charges = CreditEntry.objects.charges_of(user).filter(created_at__date__gte=first).order_by()
    sums = dict(charges.annotate(day=TruncDate("created_at")).values_list("day").annotate(total=Sum("spent")))
    return [(day, sums.get(day, 0)) for day in (first + timedelta(days=number) for number in range(days))]


def usage_chart(days: list[tuple[date, int]]) -> Columns:
    """Return a chart with one column per day; the most expensive day is as high as the chart."""
    rows = [(dateformat.format(day, "j M"), {"spent": spent}) for day, spent in days]
    return stacked(rows, ["spent"], height=HEIGHT, top=max(1, *(spent for _, spent in days)))


@dataclass(frozen=True)
class CreditFlow:
    """Credits granted to and spent by all users in one step of a period."""

    start: datetime
    label: str
    granted: int
    spent: int


def credit_flow(span: Period, now: datetime) -> list[CreditFlow]:
    """Return the credit flow of each step, oldest first. Excludes grants that exist only because credits are
    unlimited: they carry no information. Runs two queries over the period's lines, on a covering index."""
    starts = span.starts(now)
    lines = CreditEntry.objects.filter(created_at__gte=starts[0]).order_by()
    grants = lines.filter(kind=CreditEntry.Kind.GRANT).exclude(note=UNLIMITED)
    granted = _summed(grants, span, "amount")
    spent = _summed(lines.filter(kind=CreditEntry.Kind.CHARGE), span, "spent")
    stamps = [(start, span.stamp(start)) for start in starts]
    return [
        CreditFlow(start, span.label_of(start), granted.get(stamp, 0), spent.get(stamp, 0))
        for start, stamp in stamps
    ]


def _summed(lines: QuerySet[CreditEntry], span: Period, column: str) -> dict[str, int]:
    by_stamp = lines.annotate(stamp=PeriodKey("created_at", span.chars)).values_list("stamp")
    return dict(by_stamp.annotate(total=Sum(column)))
