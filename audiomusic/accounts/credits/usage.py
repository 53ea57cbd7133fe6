"""What a user's credits went into, day by day, and the chart of it."""

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
HEIGHT = 120.0  # the chart's own units


def spent_by_day(user: User, days: int = DAYS) -> list[tuple[date, int]]:
    """Credits spent on each of the last days of the reader's zone, also where none were, oldest first."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    charges = CreditEntry.objects.charges_of(user).filter(created_at__date__gte=first).order_by()
    sums = dict(charges.annotate(day=TruncDate("created_at")).values_list("day").annotate(total=Sum("spent")))
    return [(day, sums.get(day, 0)) for day in (first + timedelta(days=number) for number in range(days))]


def usage_chart(days: list[tuple[date, int]]) -> Columns:
    """A column a day, the dearest as high as the chart."""
    rows = [(dateformat.format(day, "j M"), {"spent": spent}) for day, spent in days]
    return stacked(rows, ["spent"], height=HEIGHT, top=max(1, *(spent for _, spent in days)))


@dataclass(frozen=True)
class CreditFlow:
    """What everybody together was given and spent in one step of a span."""

    start: datetime
    label: str
    granted: int
    spent: int


def credit_flow(span: Period, now: datetime) -> list[CreditFlow]:
    """Step by step, oldest first. What is granted only because credits are unlimited is left out: it says
    nothing. Two queries, over the lines of the span in an index that holds all that is asked."""
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
