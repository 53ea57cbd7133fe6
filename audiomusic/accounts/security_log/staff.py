"""The security log for staff: newest first, filtered by kind, user, address and day. Read-only."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.accounts.models import User
from audiomusic.accounts.security_log.events import Kind, SecurityEvent
from audiomusic.accounts.security_log.rows import means_words, what_words
from audiomusic.adminkit.cells import moment_cell
from audiomusic.adminkit.filters import AskedFilter, DateRange
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from audiomusic.http.ids import row_id

NAME_CHARS = 150


class EventByUser(AskedFilter):
    """Filters by user id from a link, or by name from the form. A deleted user's rows keep the name."""

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


class ByDay(DateRange):
    field = "at"


class EventByKind(admin.SimpleListFilter):
    title, parameter_name = "what", "kind__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Kind.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[SecurityEvent]) -> QuerySet[SecurityEvent]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class SecurityEventAdmin(ReadOnlyAdmin):
    list_display = ("when", "what", "who", "source", "detail", "by", "count")
    list_display_links = ("when",)
    list_filter = (EventByKind, EventByUser, ByAddress, ByDay)
    list_select_related = ("user",)
    sortable_by = ()
    fields = readonly_fields = (
        "at", "kind", "user", "username", "actor", "actor_name", "address", "user_agent", "key", "key_name",
        "detail", "count",
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="when")
    def when(self, event: SecurityEvent) -> SafeString | str:
        return moment_cell(event.at)

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
