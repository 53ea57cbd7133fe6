"""By what staff narrow the list of jobs. A filter says what is wished; jobs.staff.changelist_query finds
it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin import ListFilter, SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.engines.registry import ENGINES
from audiomusic.http.ids import row_id
from jobs.models import Status, Task
from jobs.staff.failure_codes import error_codes

NOBODY = 0  # no user's number
DAYS = (("Today", 0), ("Past 7 days", 7), ("Past 30 days", 30))
BOUNDS = {"created_at__gte": "From", "created_at__lt": "Before"}


class Chosen(SimpleListFilter):
    """One value of one column."""

    column: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(word, word) for word in self.words()]

    def words(self) -> Sequence[str]:
        raise NotImplementedError

    def conditions(self) -> dict[str, Any]:
        return {self.column: self.value()} if self.value() else {}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class ByStatus(Chosen):
    title, column, parameter_name = "status", "status", "status__exact"

    def words(self) -> Sequence[str]:
        return Status.values


class ByWorker(Chosen):
    title, column, parameter_name = "worker", "is_lost", "worker"

    def words(self) -> Sequence[str]:
        return ("lost",)

    def conditions(self) -> dict[str, Any]:
        return {self.column: True} if self.value() == "lost" else {}


class ByFailure(Chosen):
    title, column, parameter_name = "failure", "error_code", "error_code__exact"

    def words(self) -> Sequence[str]:
        return error_codes()

    def has_output(self) -> bool:
        return True  # it narrows the list, whatever has failed so far


class ByTask(Chosen):
    title, column, parameter_name = "task", "task", "task__exact"

    def words(self) -> Sequence[str]:
        return Task.values


class ByEngine(Chosen):
    title, column, parameter_name = "engine", "engine", "engine__exact"

    def words(self) -> Sequence[str]:
        return list(ENGINES)


class Asked(ListFilter):
    """A filter with a form of its own."""

    parameters: tuple[str, ...]

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameters:
            if given := params.pop(name, None):
                self.used_parameters[name] = given[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.parameters)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def kept(self, changelist: ChangeList) -> list[tuple[str, str]]:
        """What the form sends along: all that was asked otherwise."""
        return [(name, value) for name, value in changelist.params.items() if name not in self.parameters]


class ByUser(Asked):
    """A user, by number from a link or by name from the form."""

    title, template = "user", "admin/jobs/job/filter_user.html"
    parameters = ("user__id__exact", "username")

    def conditions(self) -> dict[str, Any]:
        if number := self.used_parameters.get("user__id__exact"):
            return {"user": row_id(number) or NOBODY}
        if name := self.used_parameters.get("username", "").strip():
            found = User.objects.filter(username__iexact=name[:150]).values_list("id", flat=True).first()
            return {"user": found or NOBODY}
        return {}

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        user = User.objects.filter(id=self.conditions().get("user", NOBODY)).first()
        yield {
            "name": user.username if user else self.used_parameters.get("username", ""),
            "kept": self.kept(changelist),
            "without": changelist.get_query_string(remove=self.parameters),
            "is_used": bool(self.used_parameters),
        }


class ByTime(Asked):
    """When the job was asked for: from one day (or moment) to before another, in UTC."""

    title, template = "created", "admin/jobs/job/filter_time.html"
    parameters = tuple(BOUNDS)

    def conditions(self) -> dict[str, Any]:
        names = {"created_at__gte": "since", "created_at__lt": "before"}
        return {names[name]: moment_of(text) for name, text in self.used_parameters.items() if text.strip()}

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        today = timezone.now().astimezone(UTC).date()
        any_time = changelist.get_query_string(remove=self.parameters)
        links = [{"display": "Any time", "query_string": any_time, "selected": not self.used_parameters}]
        for display, days in DAYS:
            bounds = {"created_at__gte": f"{today - timedelta(days=days)}"}
            link = changelist.get_query_string(bounds, remove=self.parameters)
            links.append(
                {"display": display, "query_string": link, "selected": self.used_parameters == bounds}
            )
        fields = [
            {"name": name, "label": label, "value": self.used_parameters.get(name, "")[:10]}
            for name, label in BOUNDS.items()
        ]
        yield {"links": links, "fields": fields, "kept": self.kept(changelist)}


def moment_of(text: str) -> datetime:
    """2026-11-22, with a time or without; UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise IncorrectLookupParameters(f"Expected a day such as 2026-11-22, got {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
