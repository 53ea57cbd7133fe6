"""The security log as staff read it: newest first, found by kind, user, address and day. Nobody writes,
changes or deletes a row here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from ipaddress import ip_address
from typing import Any

from django.contrib import admin
from django.contrib.admin import ListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.events import SecurityEvent
from audiomusic.accounts.security_log.rows import means_words, what_words
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from audiomusic.http.ids import row_id

NAME_CHARS = 150


class AskedFilter(ListFilter):
    """A filter with a form of its own: name of the parameter -> label of its field."""

    template = "admin/accounts/securityevent/filter.html"
    fields: dict[str, str]
    linked: tuple[str, ...] = ()  # parameters that links bring, and the form does not
    input_type = "text"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if given := params.pop(name, None):
                self.used_parameters[name] = given[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return [*self.linked, *self.fields]

    def shown(self, name: str) -> str:
        """What stands in a field."""
        return self.used_parameters.get(name, "")

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        own = self.expected_parameters()
        yield {
            "fields": [
                {"name": name, "label": label, "value": self.shown(name), "type": self.input_type}
                for name, label in self.fields.items()
            ],
            "kept": [(name, value) for name, value in changelist.params.items() if name not in own],
            "without": changelist.get_query_string(remove=own),
            "is_used": any(self.used_parameters.values()),
        }


class EventByUser(AskedFilter):
    """By number from a link, or by name from the form; a deleted user's rows have their name."""

    title = "user"
    linked = ("user__id__exact",)
    fields = {"username": "Name"}

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        if number := self.used_parameters.get("user__id__exact"):
            return queryset.filter(user=row_id(number) or 0)
        if name := self.used_parameters.get("username"):
            return queryset.filter(username=name[:NAME_CHARS])
        return queryset

    def shown(self, name: str) -> str:
        number = row_id(self.used_parameters.get("user__id__exact", ""))
        user = User.objects.filter(pk=number).first() if number else None
        return user.get_username() if user else super().shown(name)


class ByAddress(AskedFilter):
    title = "address"
    fields = {"address": "Address"}

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        text = self.used_parameters.get("address")
        if not text:
            return queryset
        try:
            return queryset.filter(address=str(ip_address(text)))
        except ValueError as error:
            message = f"Expected an address such as 203.0.113.7 or 2001:db8::7, got {text!r}."
            raise IncorrectLookupParameters(message) from error


class ByDay(AskedFilter):
    """From one day to before another, in UTC."""

    title = "day"
    fields = {"at__gte": "From", "at__lt": "Before"}
    input_type = "date"

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        bounds = {name: _day(text) for name, text in self.used_parameters.items() if text}
        return queryset.filter(Q(**bounds))


def _day(text: str) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise IncorrectLookupParameters(f"Expected a day such as 2026-11-22, got {text!r}.")
    return datetime.combine(day, time.min, tzinfo=UTC)


class SecurityEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "what", "who", "source", "detail", "by", "count")
    list_display_links = ("at",)
    list_filter = (EventByUser, ByAddress, ByDay, "kind")
    list_select_related = ("user",)
    sortable_by = ()
    fields = readonly_fields = (
        "at", "kind", "user", "username", "actor", "actor_name", "address", "user_agent", "key", "key_name",
        "detail", "count",
    )  # fmt: skip

    class Media:
        css = {"all": ["site/admin-jobs.css"]}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="what")
    def what(self, event: SecurityEvent) -> str:
        return what_words(event)

    @admin.display(description="user")
    def who(self, event: SecurityEvent) -> SafeString | str:
        if event.user_id is None:
            return event.username or "–"
        link = reverse("admin:accounts_user_change", args=[event.user_id])
        return format_html('<a href="{}">{}</a>', link, event.username)

    @admin.display(description="by")
    def by(self, event: SecurityEvent) -> str:
        return event.actor_name or "–"

    @admin.display(description="from")
    def source(self, event: SecurityEvent) -> SafeString | str:
        address, means = event.address or "–", means_words(event)
        return format_html("{}<br><small>{}</small>", address, means) if means else address
