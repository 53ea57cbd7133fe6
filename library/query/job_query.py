"""Queries for job lists: totals from the stored counts, and pages that read no other jobs.

Each condition and each order has an index that yields jobs in the order of the list. One of them drives the
query: jobs come from its index, and the other conditions are tested for each job. The stored counts tell
which one costs least.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, ClassVar, NamedTuple, Self

from django.db import connection
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import OrderBy

from audiomusic.accounts.models import User
from audiomusic.db.compiled import CompiledPage
from audiomusic.db.expressions import NoneFirst, NoneLast
from jobs.counts import JobCounts, Tag, days_of
from jobs.managers import JobQuerySet
from jobs.models import Job
from jobs.search.corrections import Correction
from jobs.search.documents import search_documents_refresh
from jobs.search.queries import ALL
from library.models import Reaction
from library.query.conditions import Condition, Parametrised, TextContains

#: Cost of a row that is fetched and sorted, relative to one that is read in order.
COST_OF_SORTING = 2.0

Keys = tuple[Any, Any]  # sort keys: expressions with asc() and desc()


class Sort(NamedTuple):
    """A sort column, and the key that orders it alike on all databases; ties are ordered by id. `ascending`:
    the key for that direction, if it differs."""

    column: str
    key: type[Any] = F
    ascending: type[Any] | None = None

    def expression(self, path: str, *, is_descending: bool) -> Any:
        """Return the key of the jobs at `path`, for a list in this direction."""
        key = self.key if is_descending or self.ascending is None else self.ascending
        return key(path + self.column)


NEWEST, NAME = "created_at", "display_name"
SORTS = {
    NEWEST: Sort("created_at"),
    NAME: Sort("name_key"),
    "audio_duration": Sort("duration_s", NoneFirst),
    "status": Sort("status"),
    # Unknown values come last in both directions.
    "duration": Sort("duration_s", NoneFirst, NoneLast),
    "tempo": Sort("bpm", NoneFirst, NoneLast),
    "plays": Sort("play_count", NoneFirst),
}


@dataclass(frozen=True)
class QueryPlan:
    """How to read a page: a single query with the same shape for all users and words."""

    user_id: int
    conditions: tuple[Condition, ...]
    driving: Condition | None  # one of them, or None: the order's own index
    sort_by: str
    is_descending: bool
    is_from_end: bool = False  # pages near the end are read from there
    with_interactions: bool = False
    with_total: bool = False
    boundary: datetime | None = None  # where reading starts, in its direction

    def count(self) -> int:
        """Return the number of jobs that meet all conditions."""
        return self._all_matches.count()

    def some_ids(self, limit: int) -> QuerySet[Any]:
        """Return the ids of at most `limit` jobs that meet all conditions, in any order."""
        tests = (each.predicate(self._path, self.user_id) for each in self._others)
        return self._rows.filter(*tests).order_by().values_list(self._id_name, flat=True)[:limit]

    def jobs(self, window: slice) -> JobQuerySet:
        """Return the jobs in the window, in order; each with their number as `total`, if requested."""
        matches = self._rows.filter(*(each.predicate(self._path, self.user_id) for each in self._others))
        goes_back = self.is_descending != self.is_from_end
        if self.boundary:
            matches = matches.filter(**{"created_at__lt" if goes_back else "created_at__gte": self.boundary})
        ordered = matches.order_by(*self._order(self._driving_keys(), goes_back))
        page = Job.objects.filter(id__in=ordered.values(self._id_name)[window])
        if self.with_total:
            in_one_group = self._all_matches.order_by().annotate(group=Value(1)).values("group")
            page = page.annotate(total=Subquery(in_one_group.annotate(total=Count("*")).values("total")))
        if self.with_interactions:
            reaction = Reaction.objects.filter(job=OuterRef("id"), user=self.user_id)
            found = Subquery(reaction.values("value"))
            page = page.annotate(interaction=found)  # type: ignore[no-redef]  # declared on Job
        return page.order_by(*self._order(self._keys(""), self.is_descending))

    @property
    def _all_matches(self) -> QuerySet[Any]:
        """Return all matches, for counting."""
        return self._rows.filter(*(each.scan_predicate(self._path, self.user_id) for each in self._others))

    @property
    def _rows(self) -> QuerySet[Any]:
        return self.driving.find(self.user_id) if self.driving else Job.objects.filter(user=self.user_id)

    @property
    def _others(self) -> list[Condition]:
        return [each for each in self.conditions if each is not self.driving]

    @property
    def _path(self) -> str:
        return self.driving.path if self.driving else ""

    @property
    def _id_name(self) -> str:
        return "job_id" if self._path else "id"

    def _driving_keys(self) -> Keys:
        if self.driving and self.driving.path and self.sort_by == NEWEST:
            return F(self.driving.created_at), F(self._id_name)
        return self._keys(self._path)

    def _keys(self, path: str) -> Keys:
        key = SORTS[self.sort_by].expression(path, is_descending=self.is_descending)
        return key, F(f"{path}id")

    @staticmethod
    def _order(keys: Keys, is_descending: bool) -> list[OrderBy]:
        return [key.desc() if is_descending else key.asc() for key in keys]


#: From this offset on, a page is located by its day; below it, walking the index is faster.
DEEP = 2000

ANY_USER = -1
ANY_EDGE = datetime(1000, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def compiled(plan: QueryPlan, *marks: Any) -> CompiledPage[Job]:
    """Return the plan's query, compiled once. `plan` has ANY_USER, the marks and ANY_EDGE in place of a
    call's values."""
    return CompiledPage(lambda *_: plan.jobs(CompiledPage.WINDOW), ANY_USER, *marks)


@dataclass
class JobQuery:
    """A user's jobs that meet all conditions, in an order.

    Narrowed like a queryset, with `where` and filters, and evaluated when a page or the total is requested.
    With interactions, each job has its owner's reaction as `interaction`: "like", "dislike" or None.
    `count_to`: up to how many matches of a search are counted.
    """

    model: ClassVar[type[Job]] = Job  # for django-filter

    user: User
    conditions: tuple[Condition, ...] = ()
    sort_by: str = NEWEST
    is_descending: bool = True
    with_interactions: bool = False
    count_to: int = ALL

    def all(self) -> Self:
        return replace(self)

    def where(self, *conditions: Condition) -> Self:
        return replace(self, conditions=(*self.conditions, *conditions))

    @cached_property
    def total(self) -> int:
        """Return the exact total. The search or the stored counts know it, unless it needs both, or two tags
        at once, or something that neither knows: then the jobs are counted."""
        if self._must_count:
            return self._plan(1.0).count()
        if self._text_conditions:
            return self._text_conditions[0].match.total or 0
        fields = {name: value for each in self.conditions for name, value in (each.cells or {}).items()}
        return self.job_counts.count(*self._tags, **fields)

    def page(self, skip: int, limit: int) -> list[Job]:
        """Return at most `limit` jobs after the first `skip`, in one query."""
        if self._must_count:
            return self._counted_page(skip, limit)
        stop = min(skip + limit, self.total)
        if skip >= stop:
            return []
        is_from_end = stop > self.total - skip
        start, stop = (self.total - stop, self.total - skip) if is_from_end else (skip, stop)
        plan = replace(self._plan(stop / self.total), is_from_end=is_from_end)
        if start > DEEP and not self.conditions and self.sort_by == NEWEST:
            return self._deep_page(plan, start, stop)
        return self._read(plan, start, stop)

    def some_ids(self, limit: int) -> tuple[list[int], bool] | None:
        """Return the ids of at most `limit` jobs, in any order, and whether these are all. If a search
        matches more texts than the index lists individually, only the first of them are considered. None if
        the index cannot list even those."""
        conditions, is_all = self.conditions, True
        for said in self._text_conditions:
            found = said.match.first_ids()
            if found is None:
                return None
            is_all = said.match.ids is not None
            narrowed = replace(said, match=replace(said.match, ids=found))
            conditions = tuple(narrowed if each is said else each for each in conditions)
        if len(conditions) == 1 and self._text_conditions:
            ids = list(conditions[0].match.ids)  # type: ignore[attr-defined]
        else:
            ids = list(replace(self, conditions=conditions)._plan(1.0).some_ids(limit + 1))
        return ids[:limit], is_all and len(ids) <= limit

    def first_ids(self, limit: int) -> list[int]:
        """Return the ids of the first `limit` jobs, in order."""
        return list(self._plan(1.0).jobs(slice(0, limit)).values_list("id", flat=True))

    def _deep_page(self, plan: QueryPlan, start: int, stop: int) -> list[Job]:
        """Return the page, read from the start of its first job's day: earlier days are only summed."""
        goes_back = plan.is_descending != plan.is_from_end
        days = days_of(self.user)
        before = 0
        for day, count in reversed(days) if goes_back else days:
            if before + count > start:
                midnight = datetime.combine(day, time(), UTC)
                plan = replace(plan, boundary=midnight + timedelta(days=1) if goes_back else midnight)
                return read_compiled(plan, start - before, stop - before)
            before += count
        return []

    @property
    def correction(self) -> Correction | None:
        """Return the search and what was found instead, if nothing matches the words as written."""
        return next((said.match.correction for said in self._text_conditions), None)

    @property
    def is_counted(self) -> bool:
        """Return whether the total must be counted, which costs more the more matches there are."""
        return self._must_count

    @property
    def is_cut(self) -> bool:
        """Return whether the total is only a lower bound."""
        return any(said.match.is_cut for said in self._text_conditions)

    def uncounted_page(self, skip: int, limit: int) -> list[Job]:
        """Return the page without determining the total."""
        return self._read(self._plan(1.0), skip, skip + limit)

    def _counted_page(self, skip: int, limit: int) -> list[Job]:
        """Return the page, and set the total from the same query, which has to read all matches."""
        jobs = self._read(replace(self._plan(1.0), with_total=True), skip, skip + limit)
        if jobs:
            self.total = jobs[0].total  # type: ignore[attr-defined]  # annotated
        return jobs

    def _read(self, plan: QueryPlan, start: int, stop: int) -> list[Job]:
        if self.sort_by == NAME:
            search_documents_refresh(user=self.user)
        return (
            list(plan.jobs(slice(start, stop))) if self._text_conditions else read_compiled(plan, start, stop)
        )

    @property
    def _must_count(self) -> bool:
        """Return whether neither the search nor the stored counts know the total."""
        if self._text_conditions:
            return len(self.conditions) > 1
        return len(self._tags) > 1 or any(each.cells is None for each in self.conditions)

    @cached_property
    def job_counts(self) -> JobCounts:
        return JobCounts.of_user(self.user, self._tags)

    @property
    def _tags(self) -> list[Tag]:
        return [each.tag for each in self.conditions if each.tag]

    @property
    def _text_conditions(self) -> list[TextContains]:
        return [each for each in self.conditions if isinstance(each, TextContains)]

    def _plan(self, share: float) -> QueryPlan:
        """Return the plan that reads the fewest rows until `share` (0..1) of the matches is found."""
        return QueryPlan(
            self.user.id,
            self.conditions,
            self._driving(share),
            self.sort_by,
            self.is_descending,
            with_interactions=self.with_interactions,
        )

    def _driving(self, share: float) -> Condition | None:
        able = [each for each in self.conditions if each.can_find]
        if self._text_conditions:  # a few matches drive the query; with many, any ordered index does
            return able[-1] if able else None
        costs = [self._cost(each, share) for each in able]
        cheapest = min([*costs, self.job_counts.count() * share])
        return able[costs.index(cheapest)] if cheapest in costs else None

    def _cost(self, condition: Condition, share: float) -> float:
        """Return how many rows are read if this condition drives the query."""
        is_ordered = condition.is_ordered and self.sort_by == NEWEST
        return condition.count(self.job_counts) * (share if is_ordered else COST_OF_SORTING)


def read_compiled(plan: QueryPlan, start: int, stop: int) -> list[Job]:
    """Return the jobs of a plan. Only the first plan of each shape is compiled."""
    words = [each.value for each in plan.conditions if isinstance(each, Parametrised)]
    marks = [f"word {number}" for number in range(len(words))]
    names = iter(marks)
    edges = [
        connection.ops.adapt_datetimefield_value(edge) for edge in (ANY_EDGE, plan.boundary) if plan.boundary
    ]
    marked = {
        each: each.with_value(next(names)) if isinstance(each, Parametrised) else each
        for each in plan.conditions
    }
    shape = replace(
        plan,
        user_id=ANY_USER,
        conditions=tuple(marked.values()),
        driving=marked[plan.driving] if plan.driving else None,
        boundary=ANY_EDGE if plan.boundary else None,
    )
    return compiled(shape, *marks, *edges[:1]).read(plan.user_id, *words, *edges[1:], start=start, stop=stop)
