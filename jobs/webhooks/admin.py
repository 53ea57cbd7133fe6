"""Webhooks in the admin: where events go, what was sent and what came back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, Max, QuerySet, Value
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.accounts.staff.revocation import Revocation
from audiomusic.adminkit.cells import moment_cell, user_cell
from audiomusic.adminkit.confirmation import (
    Confirmation,
    is_confirmed,
    render_confirmation,
    selection_fields,
)
from audiomusic.adminkit.read_only import ReadOnlyAdmin
from audiomusic.http.ids import row_id
from jobs.webhooks.masking import log_of, staff_sees_addresses, url_of
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint
from jobs.webhooks.sends import TooManySends, send_count
from jobs.webhooks.services import delivery_redeliver, endpoint_change

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MAY_SEND = "jobs.change_webhookdelivery"
LOOK = 20_000  # deliveries searched for an event type, which has no index
HIDDEN_FIELDS = ("url", "salt")
MAX_AGAIN = 1000  # deliveries sent again per action
EXAMPLES = 5
TRIES = (
    '<table class="plain-table"><thead><tr><th scope="col">At</th><th scope="col">Answer</th>'
    '<th scope="col">Outcome</th></tr></thead><tbody>{}</tbody></table>'
)


class SeesAll(TypedDict):
    """The annotation of each row: whether the current staff member may see whole URLs."""

    sees_all: bool


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(Revocation, ReadOnlyAdmin):  # type: ignore[misc]  # its mixins answer more
    list_display = ("address", "owner", "event_list", "is_active", "made", "log")
    list_display_links = ("address",)
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("url", "user__username")
    ordering = ("-created_at", "id")
    fields = readonly_fields = ("address", "user", "events", "description", "is_active", "created_at")
    actions = ("revoke",)
    revoked_noun, revoke_verb, revoked_words = "webhook", "Switch off", "switched off"
    warning = (
        "No new events are recorded for it, and waiting events stay waiting until its owner switches it on."
    )
    permission = "jobs.change_webhookendpoint"

    def read_pk(self, text: str) -> UUID | None:
        try:
            return UUID(text)
        except ValueError:
            return None

    def usable(self, rows: QuerySet[WebhookEndpoint]) -> list[WebhookEndpoint]:
        return list(rows.select_related("user").filter(is_active=True))

    def revoke_row(self, request: HttpRequest, row: WebhookEndpoint) -> None:
        endpoint_change(endpoint=row, is_active=False)

    @admin.display(description="user")
    def owner(self, endpoint: WebhookEndpoint) -> SafeString | str:
        return user_cell(endpoint.user)

    @admin.display(description="created")
    def made(self, endpoint: WebhookEndpoint) -> SafeString | str:
        return moment_cell(endpoint.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        sees_all = Value(staff_sees_addresses(user_of(request)), output_field=BooleanField())
        rows: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return rows.annotate(sees_all=sees_all)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Omit the URL for staff who may not read it: they could find it out by searching for prefixes."""
        return self.search_fields if staff_sees_addresses(user_of(request)) else self.search_fields[1:]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Forbid lookups that could reveal it, such as `?url__startswith=…`."""
        if lookup.partition("__")[0] in HIDDEN_FIELDS:
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    @admin.display(description="URL")
    def address(self, endpoint: WithAnnotations[WebhookEndpoint, SeesAll]) -> str:
        return url_of(endpoint, sees_all=endpoint.sees_all)

    @admin.display(description="events")
    def event_list(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(endpoint.events)

    @admin.display(description="deliveries")
    def log(self, endpoint: WebhookEndpoint) -> SafeString:
        link = reverse("admin:jobs_webhookdelivery_changelist")
        return format_html('<a href="{}?endpoint__id__exact={}">Deliveries</a>', link, endpoint.id)


class ByEvent(admin.SimpleListFilter):
    """Filters the newest deliveries by event type, which has no index."""

    title, parameter_name = f"event (newest {LOOK:,})", "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return EventType.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        newest = WebhookDelivery.objects.aggregate(newest=Max("id"))["newest"] or 0
        return queryset.filter(event_type=self.value(), id__gt=newest - LOOK)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "event_type", "job", "endpoint_url", "status", "tries", "answer", "made",
    )  # fmt: skip
    list_filter = ("status", ByEvent)
    list_select_related = ("endpoint",)
    search_fields = ("=job_id",)  # shows the search box; get_search_results interprets the input
    search_help_text = "A job's number, an event's id, or a user's name"
    sortable_by = ()
    actions = ("send_again",)
    fields = readonly_fields = (
        "event_type", "event_id", "endpoint_url", "job", "status", "tries", "created_at", "next_try_at",
        "delivered_at", "request_body", "answers",
    )  # fmt: skip
    change_form_template = "admin/jobs/webhookdelivery/delivery.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        sees_all = Value(staff_sees_addresses(user_of(request)), output_field=BooleanField())
        rows: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return rows.annotate(sees_all=sees_all)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookDelivery], search_term: str
    ) -> tuple[QuerySet[WebhookDelivery], bool]:
        words = search_term.strip()
        if not words:
            return queryset, False
        if (job_id := row_id(words)) is not None:
            return queryset.filter(job_id=job_id), False
        try:
            event_id = UUID(words)
        except ValueError:
            return queryset.filter(endpoint__user__username__iexact=words[:150]), False
        endpoints = WebhookEndpoint.objects.values("id")  # the index begins with them
        return queryset.filter(endpoint__in=endpoints, event_id=event_id), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [
            path("<int:delivery_id>/again/", view, name="jobs_webhookdelivery_again"),
            *super().get_urls(),
        ]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_SEND)

    @admin.action(description="Send again…", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> HttpResponseBase:
        return self._confirm(request, queryset, back=request.get_full_path())

    def again_view(self, request: HttpRequest, delivery_id: int) -> HttpResponseBase:
        back = reverse("admin:jobs_webhookdelivery_change", args=[delivery_id])
        return self._confirm(request, WebhookDelivery.objects.filter(id=delivery_id), back=back)

    def _confirm(
        self, request: HttpRequest, deliveries: QuerySet[WebhookDelivery], *, back: str
    ) -> HttpResponseBase:
        """Show what would be sent again; if confirmed, send it. A GET changes nothing."""
        if not self.has_send_permission(request):
            raise PermissionDenied
        some = list(deliveries.select_related("endpoint").order_by("-id")[:MAX_AGAIN])
        if is_confirmed(request):
            try:
                send_count(user=user_of(request), events=max(1, len(some)))
            except TooManySends as error:
                self.message_user(request, str(error), messages.ERROR)
                return HttpResponseRedirect(back)
            for delivery in some:
                self._send(request, delivery)
            self.message_user(request, f"{len(some)} queued to be sent again.", messages.SUCCESS)
            return HttpResponseRedirect(back)
        confirmation = Confirmation(
            title="Send again: are you sure?",
            template="admin/jobs/webhookdelivery/again.html",
            crumbs=(
                ("Jobs", reverse("admin:app_list", args=["jobs"])),
                ("Webhook deliveries", reverse("admin:jobs_webhookdelivery_changelist")),
            ),
            crumb="Send again",
            back=back,
            button="Send again" if some else "",
            hidden=selection_fields(request, "send_again"),
        )
        return render_confirmation(
            self.admin_site,
            request,
            confirmation,
            opts=self.opts,
            count=len(some),
            is_all=len(some) < MAX_AGAIN,
            examples=_with_addresses(some[:EXAMPLES], request),
            idle=sum(not delivery.endpoint.is_active for delivery in some),
        )

    @transaction.atomic
    def _send(self, request: HttpRequest, delivery: WebhookDelivery) -> None:
        delivery_redeliver(delivery=delivery)
        self.log_change(request, delivery, "Queued to be sent again.")

    @admin.display(description="job")
    def job(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.job_id is None:
            return "–"
        link = reverse("admin:jobs_job_change", args=[delivery.job_id])
        return format_html('<a href="{}">{}</a>', link, delivery.job_id)

    @admin.display(description="endpoint")
    def endpoint_url(self, delivery: WithAnnotations[WebhookDelivery, SeesAll]) -> str:
        return url_of(delivery.endpoint, sees_all=delivery.sees_all)

    @admin.display(description="created")
    def made(self, delivery: WebhookDelivery) -> SafeString | str:
        return moment_cell(delivery.created_at)

    @admin.display(description="last answer")
    def answer(self, delivery: WebhookDelivery) -> str:
        return outcome_of(delivery.log[-1]) if delivery.log else "–"

    @admin.display(description="request")
    def request_body(self, delivery: WebhookDelivery) -> SafeString:
        text = json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False)
        return format_html('<pre tabindex="0">{}</pre>', text)

    @admin.display(description="tries")
    def answers(self, delivery: WithAnnotations[WebhookDelivery, SeesAll]) -> SafeString | str:
        if not delivery.log:
            return "Not sent yet."
        tries = log_of(delivery, sees_all=delivery.sees_all)
        lines = ((entry["at"], outcome_of(entry), entry["error"] or "Delivered") for entry in reversed(tries))
        return format_html(TRIES, format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td></tr>", lines))


def _with_addresses(
    deliveries: Sequence[WebhookDelivery], request: HttpRequest
) -> list[tuple[WebhookDelivery, str]]:
    sees_all = staff_sees_addresses(user_of(request))
    return [(delivery, url_of(delivery.endpoint, sees_all=sees_all)) for delivery in deliveries]


def outcome_of(entry: dict[str, Any]) -> str:
    """Return the outcome of an attempt, in short."""
    return f"{entry['status_code'] or 'no answer'} in {entry['duration_ms']} ms"
