"""Filters of the staff's job list. A filter states conditions; jobs.staff.changelist_query applies them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from audiomusic.accounts.models import User
from audiomusic.adminkit.filters import AskedFilter, DateRange
from audiomusic.engines.registry import ENGINES
from audiomusic.http.ids import row_id
from jobs.models import Task
from jobs.representations import STATUS_LABELS
from jobs.staff.failure_codes import error_codes

NOBODY = 0  # not a user's id


class Chosen(SimpleListFilter):
    """Filters by one value of one column."""

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
    template = "admin/includes/filter_chips.html"  # one click away: the most used filter
    title, column, parameter_name = "status", "status", "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(str(status), label) for status, label in STATUS_LABELS.items()]


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
        return True  # shown even if nothing has failed yet


class ByTask(Chosen):
    title, column, parameter_name = "task", "task", "task__exact"

    def words(self) -> Sequence[str]:
        return Task.values


class ByEngine(Chosen):
    title, column, parameter_name = "engine", "engine", "engine__exact"

    def words(self) -> Sequence[str]:
        return list(ENGINES)


class ByUser(AskedFilter):
    """Filters by a user: by id from a link, or by name from the form."""

    title = "user"
    linked = ("user__id__exact",)
    fields = {"username": "Name"}
    any_words = "All users"

    def conditions(self) -> dict[str, Any]:
        if number := self.used_parameters.get("user__id__exact"):
            return {"user": row_id(number) or NOBODY}
        if name := self.used_parameters.get("username"):
            found = User.objects.filter(username__iexact=name[:150]).values_list("id", flat=True).first()
            return {"user": found or NOBODY}
        return {}

    def shown(self, name: str) -> str:
        """Return the name, also of a user chosen by id."""
        user = (
            User.objects.filter(id=self.conditions().get("user", NOBODY)).first()
            if self.used_parameters
            else None
        )
        return user.username if user and name == "username" else super().shown("username")


class ByTime(DateRange):
    """Filters by the job's creation time."""

    def conditions(self) -> dict[str, Any]:
        names = {"created_at__gte": "since", "created_at__lt": "before"}
        return {names[name]: moment for name, moment in self.bounds().items()}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset  # jobs.staff.changelist applies the conditions
