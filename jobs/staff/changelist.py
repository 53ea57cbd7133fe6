"""Django's change list over a JobChangelistQuery: nothing is counted to the end, and a page reads only its
own rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal, Protocol, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from jobs.models import Job
from jobs.search.corrections import Correction
from jobs.staff.changelist_query import MAX_TOTAL, SCAN_LIMIT, ChangelistFilters, JobChangelistQuery
from jobs.staff.search_terms import with_search

#: The columns that a row shows.
COLUMNS = (
    "user__username", "display_name", "task", "status", "stage", "progress", "duration_s", "format",
    "batch_size", "engine", "attempts", "error_code", "error_message", "created_at", "started_at",
    "completed_at", "lease_until", "cancel_requested_at",
)  # fmt: skip


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # takes none when it runs
    """Pages of the counted jobs, at most MAX_TOTAL."""

    def __init__(self, staff_list: JobChangelistQuery, per_page: int, page_num: int) -> None:
        super().__init__(staff_list.jobs, per_page)
        self.staff_list = staff_list
        self.total, self.is_more = staff_list.total(min(page_num * per_page, MAX_TOTAL))

    @cached_property
    def count(self) -> int:
        return min(self.total, MAX_TOTAL)


class StaffFilter(Protocol):
    """The interface of the list's filters: see jobs.staff.filters."""

    def conditions(self) -> dict[str, Any]: ...

    def expected_parameters(self) -> Sequence[str]: ...


class JobChangeList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Job]:
        self.filter_specs, self.has_filters, unknown, _, self.has_active_filters = self.get_filters(request)
        if unknown:
            raise IncorrectLookupParameters(f"Jobs are not filtered by {', '.join(unknown)}.")
        wished: dict[str, Any] = {}
        specs = cast(list[StaffFilter], self.filter_specs)
        for spec in specs:
            wished |= spec.conditions()
        named = {name: wished.pop(name) for name in ("is_lost", "since", "before") if name in wished}
        used = [name for spec in specs for name in spec.expected_parameters()]
        self.clear_all_filters_qs = self.get_query_string(new_params=dict.fromkeys(used))
        self.staff_list = JobChangelistQuery(
            with_search(ChangelistFilters(columns=wished, **named), self.query),
            is_descending=self._is_descending(),
        )
        return self.staff_list.jobs

    def _is_descending(self) -> bool:
        """Whether the newest jobs come first. The list is sorted only by creation time."""
        return str(self.params.get(ORDER_VAR, "-")).startswith("-")

    def get_ordering_field_columns(self) -> dict[int, Literal["desc", "asc"]]:
        if ORDER_VAR not in self.params:
            return {}
        return {self.list_display.index("created"): "desc" if self._is_descending() else "asc"}

    def get_results(self, request: HttpRequest) -> None:
        self.paginator = BoundedPaginator(self.staff_list, self.list_per_page, max(1, self.page_num))
        self.result_count = self.paginator.count
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = True
        self.multi_page = self.result_count > self.list_per_page
        self.page_num = min(max(1, self.page_num), self.paginator.num_pages)
        self.result_list = self._rows((self.page_num - 1) * self.list_per_page)

    def _rows(self, start: int) -> list[Job]:
        if not self.result_count:
            return []  # the count was zero, so there are no rows to read
        ids = self.staff_list.page(start, min(start + self.list_per_page, MAX_TOTAL))
        rows = Job.objects.filter(id__in=ids).select_related("user").only(*COLUMNS)
        return list(rows.order_by(*self.staff_list.order))

    def url_for_result(self, result: Model) -> str:
        """Return the URL of a row, resolved once instead of for each row."""
        return f"{self._list_url}{result.pk}/change/"

    @cached_property
    def _list_url(self) -> str:
        return reverse("admin:jobs_job_changelist", current_app=self.model_admin.admin_site.name)

    @property
    def total_text(self) -> str:
        """The number of jobs, as far as it is known."""
        total, is_more = self.paginator.total, self.paginator.is_more
        jobs = "job" if total == 1 and not is_more else "jobs"
        return f"{'more than ' if is_more and total else ''}{total:,} {jobs}"

    @property
    def correction(self) -> Correction | None:
        """The search terms and those found instead, if nothing holds the words as written."""
        return self.staff_list.found.correction if self.staff_list.found else None

    @property
    def exact_query(self) -> str:
        """The URL that searches for exactly what was written."""
        exact = self.correction.exact_query if self.correction else ""
        return self.get_query_string({SEARCH_VAR: exact}, remove=[PAGE_VAR])

    @property
    def look_text(self) -> str:
        """A sentence that says which jobs were searched, if not all were."""
        if self.staff_list.floor is None:
            return ""
        side = "newest" if self.staff_list.is_descending else "oldest"
        edge = f"{self.staff_list.floor:%Y-%m-%d %H:%M} UTC"
        way = "before" if self.staff_list.is_descending else "after"
        return f"Only the {side} {SCAN_LIMIT:,} were searched; for those {way} {edge}, choose a period."
