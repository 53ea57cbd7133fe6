"""The staff list of all users' jobs: newest or oldest first, fast however many there are.

One index drives it: it finds the jobs of one filter in the list's order, or all of them if they are few. The
other filters are tested job by job, on at most SCAN_LIMIT jobs: if these were not enough, the list says so,
and another period shows older jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.lookups import Exact
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.db.expressions import Unindexed
from jobs.counts import JobCounts
from jobs.models import Job, Status
from jobs.search.lookup import FoundEverywhere, find_everywhere

SCAN_LIMIT = 10_000
MAX_TOTAL = 10_000  # jobs listed at most
AHEAD, AHEAD_LOOKING = 500, 100  # jobs counted beyond the shown page

#: Filters that an index finds in the list's order, or with few enough results to sort; the first one in use
#: drives the query.
DRIVING_FILTERS: Sequence[frozenset[str]] = (
    frozenset({"ids"}),
    frozenset({"is_lost"}),
    frozenset({"error_code"}),
    frozenset({"user", "status"}),
    frozenset({"user", "task"}),
    frozenset({"user"}),
    frozenset({"status"}),
    frozenset({"task"}),
)
COUNTED = frozenset({"user", "status", "task"})


@dataclass(frozen=True)
class ChangelistFilters:
    """The filters of a list: column values, words, a period."""

    columns: Mapping[str, Any] = field(default_factory=dict)  # user (an id), status, task, engine…
    is_lost: bool = False  # their worker has not renewed its lease in time
    since: datetime | None = None
    before: datetime | None = None
    words: str = ""

    @property
    def span(self) -> dict[str, datetime]:
        ends = {"created_at__gte": self.since, "created_at__lt": self.before}
        return {name: moment for name, moment in ends.items() if moment}


def also(columns: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return the columns with one more; if it contradicts them, no job matches."""
    contradiction: dict[str, Any] = {} if columns.get(name, value) == value else {"ids": []}
    return {**columns, name: value, **contradiction}


@dataclass
class JobChangelistQuery:
    """The jobs that match all filters."""

    filters: ChangelistFilters = field(default_factory=ChangelistFilters)
    is_descending: bool = True

    @cached_property
    def jobs(self) -> QuerySet[Job]:
        """All searched jobs that match, in order."""
        rows = self._led.filter(*self._tests)
        if self.floor is not None:
            rows = rows.filter(**{"created_at__gte" if self.is_descending else "created_at__lte": self.floor})
        return rows.order_by(*self.order)

    @cached_property
    def floor(self) -> datetime | None:
        """The creation time up to which jobs were searched; None: all."""
        if not self._tests:
            return None
        last = self._led.order_by(*self.order).values_list("created_at", flat=True)[
            SCAN_LIMIT : SCAN_LIMIT + 1
        ]
        return last.first()

    def total(self, page_end: int) -> tuple[int, bool]:
        """Return (number of jobs, whether there are more). Counts a little beyond `page_end`, less if jobs
        must be tested."""
        if self._is_counted:
            user = User(id=self._columns["user"])
            fields = {name: value for name, value in self._columns.items() if name != "user"}
            return JobCounts.of_user(user).count(**fields), False
        most = min(MAX_TOTAL, page_end + (AHEAD_LOOKING if self._tests else AHEAD))
        count = self.jobs[: most + 1].count()
        return min(count, most), count > most or self.floor is not None

    def page(self, start: int, stop: int) -> list[int]:
        """Return the ids of the jobs from `start` up to, not including, `stop`."""
        return list(self.jobs.values_list("id", flat=True)[start:stop])

    @property
    def order(self) -> list[OrderBy]:
        keys = F("created_at"), F("id")
        return [key.desc() if self.is_descending else key.asc() for key in keys]

    @cached_property
    def _columns(self) -> dict[str, Any]:
        columns = dict(self.filters.columns)
        if self.found and self.found.ids is not None:
            columns["ids"] = self.found.ids
        if self.filters.is_lost:
            columns = also({**columns, "is_lost": True}, "status", Status.PROCESSING)
        return also(columns, "status", Status.FAILED) if "error_code" in columns else columns

    @cached_property
    def found(self) -> FoundEverywhere | None:
        """The jobs with the words, if there are any."""
        return find_everywhere(self.filters.words) if self.filters.words else None

    @cached_property
    def _driving(self) -> frozenset[str]:
        wished = set(self._columns)
        if self._columns.get("status") == Status.COMPLETED and "user" not in wished:
            wished.discard("status")  # nearly all jobs have it
        return next((names for names in DRIVING_FILTERS if names <= wished), frozenset())

    @property
    def _led(self) -> QuerySet[Job]:
        rows = Job.objects.filter(**self.filters.span)
        for name in self._driving:
            rows = rows.filter(**self._lookups(name))
        return rows

    def _lookups(self, name: str) -> dict[str, Any]:
        value = self._columns[name]
        if name == "ids":
            return {"id__in": value}
        if name == "is_lost":
            return {"status": Status.PROCESSING, "lease_until__lt": timezone.now()}
        if name == "error_code":
            return {"status": Status.FAILED, "error_code": value}
        return {name: value}

    @cached_property
    def _tests(self) -> list[Any]:
        led = set(self._driving)
        if led & {"is_lost", "error_code"}:
            led.add("status")
        tests = [self._test(name) for name in self._columns if name not in led]
        if self.found and self.found.ids is None:
            tests.append(self.found.predicate)
        return tests

    def _test(self, name: str) -> Any:
        if name == "is_lost":
            return Q(**self._lookups(name))
        return Exact(Unindexed(F("user_id" if name == "user" else name)), self._columns[name])

    @property
    def _is_counted(self) -> bool:
        asked = set(self._columns)
        return "user" in asked and asked <= COUNTED and not self.filters.span and not self.filters.words
