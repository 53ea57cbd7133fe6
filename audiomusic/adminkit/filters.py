"""Filters of admin lists that have input fields: by name, and by a range of days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

ANY_TIME = "Any time"
DAYS = (("Today", 0), ("Past 7 days", 7), ("Past 30 days", 30))


class AskedFilter(ListFilter):
    """A filter with its own form: parameter name -> field label."""

    template = "admin/includes/filter_form.html"
    fields: dict[str, str]
    linked: tuple[str, ...] = ()  # parameters that only links set, not the form
    input_type = "text"
    used_parameters: dict[str, str]  # type: ignore[assignment]  # each parameter of ours comes as text
    any_words = ""  # the label of the link that clears the filter

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if given := params.pop(name, None):
                self.used_parameters[name] = given[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:  # type: ignore[override]
        return [*self.linked, *self.fields]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def shown(self, name: str) -> str:
        """Return the content of a field."""
        return str(self.used_parameters.get(name, ""))

    def links(self, changelist: ChangeList) -> list[dict[str, Any]]:
        """Return the choices that need no typing."""
        return []

    def chosen_words(self, changelist: ChangeList) -> str:
        """Describe the active filter in a word or two."""
        shown = [self.shown(name) for name in self.expected_parameters()]
        return next((text for text in shown if text), "")

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        own = self.expected_parameters()
        is_used = any(self.used_parameters.values())
        yield {
            "fields": [
                {"name": name, "label": label, "value": self.shown(name), "type": self.input_type}
                for name, label in self.fields.items()
            ],
            "kept": [(name, value) for name, value in changelist.params.items() if name not in own],
            "without": changelist.get_query_string(remove=own),
            "any_words": self.any_words or f"Any {self.title}",
            "is_used": is_used,
            "chosen": self.chosen_words(changelist) if is_used else "",
            "links": self.links(changelist),
        }


class DateRange(AskedFilter):
    """From one day to before another, in UTC, with links for the last days."""

    title = "time"
    field = "created_at"
    input_type = "date"
    any_words = ANY_TIME

    @property
    def fields(self) -> dict[str, str]:  # type: ignore[override]
        return {f"{self.field}__gte": "From", f"{self.field}__lt": "Before"}

    def bounds(self) -> dict[str, datetime]:
        """Return the chosen bounds. Raises IncorrectLookupParameters."""
        return {name: moment_of(str(text)) for name, text in self.used_parameters.items() if text}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q(**self.bounds()))

    def shown(self, name: str) -> str:
        return super().shown(name)[:10]

    def links(self, changelist: ChangeList) -> list[dict[str, Any]]:
        own = self.expected_parameters()
        return [
            {
                "display": display,
                "query_string": changelist.get_query_string(bounds, remove=own),
                "selected": self.used_parameters == bounds,
            }
            for display, bounds in self._spans()
        ]

    def _spans(self) -> list[tuple[str, dict[str, str]]]:
        today = timezone.now().astimezone(UTC).date()
        return [(word, {f"{self.field}__gte": f"{today - timedelta(days=days)}"}) for word, days in DAYS]

    def chosen_words(self, changelist: ChangeList) -> str:
        for word, bounds in self._spans():
            if self.used_parameters == bounds:
                return word
        first, last = (self.shown(name) for name in self.expected_parameters())
        return " ".join(
            part for part in (f"from {first}" if first else "", f"before {last}" if last else "") if part
        )


def moment_of(text: str) -> datetime:
    """Parse 2026-11-22, with or without a time; UTC unless it has an offset."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise IncorrectLookupParameters(f"Expected a day such as 2026-11-22, got {text!r}.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
