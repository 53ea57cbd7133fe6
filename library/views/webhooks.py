"""Webhooks on the account page: create, pause, test and delete them, and see the result of each call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from rest_framework.serializers import ValidationError

from audiomusic.accounts.models import User
from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.http.safe_http import MAX_URL_CHARS
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint
from jobs.webhooks.sends import TooManySends, send_count
from jobs.webhooks.serializers import HookUrlField
from jobs.webhooks.services import (
    TooManyEndpoints,
    delivery_redeliver,
    endpoint_change,
    endpoint_create,
    endpoint_delete,
    endpoint_test,
)
from jobs.webhooks.signing import secret_of
from jobs.webhooks.turns import CLAIMED_FOR

EVENT_LABELS = {
    EventType.COMPLETED: "A song is ready",
    EventType.FAILED: "A song could not be made",
    EventType.CANCELLED: "A song was cancelled",
}
EVENT_WORDS = {EventType.COMPLETED: "ready", EventType.FAILED: "failed", EventType.CANCELLED: "cancelled"}
STATUS_LABELS = {
    WebhookDelivery.Status.PENDING: "in progress",
    WebhookDelivery.Status.DELIVERED: "succeeded",
    WebhookDelivery.Status.FAILED: "failed",
}
SHOWN_DELIVERIES = 10


class WebhookForm(forms.Form):
    # A CharField, because Django's URLField validates addresses differently from the API.
    url = forms.CharField(
        label="URL to call",
        max_length=MAX_URL_CHARS,
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hook", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label="Call it when",
        choices=list(EVENT_LABELS.items()),
        initial=list(EVENT_LABELS),
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_url(self) -> str:
        try:
            url: str = HookUrlField().run_validation(self.cleaned_data["url"])
        except ValidationError as error:
            raise forms.ValidationError([str(sentence) for sentence in error.detail]) from None
        return url


@dataclass(frozen=True)
class DeliveryRow:
    """One event for one endpoint, as the log shows it."""

    delivery: WebhookDelivery

    @property
    def words(self) -> str:
        return STATUS_LABELS[WebhookDelivery.Status(self.delivery.status)]

    @property
    def event(self) -> str:
        return EVENT_LABELS.get(EventType(self.delivery.event_type), "Test")

    @property
    def answer(self) -> str:
        """Return the result of the last call: "200 in 34 ms", or an error."""
        if not self.delivery.log:
            return ""
        last = self.delivery.log[-1]
        return last["error"] or f"{last['status_code']} in {last['duration_ms']} ms"

    @property
    def is_moving(self) -> bool:
        """Return whether to check again soon, because a result is expected within moments."""
        next_try_at = self.delivery.next_try_at
        return next_try_at is not None and abs(next_try_at - timezone.now()) <= CLAIMED_FOR


def delivery_rows(endpoint: WebhookEndpoint) -> list[DeliveryRow]:
    """Return the newest events of an endpoint."""
    newest = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-id")
    return [DeliveryRow(delivery) for delivery in newest[:SHOWN_DELIVERIES]]


def log_context(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the context of an endpoint's log."""
    rows = delivery_rows(endpoint)
    return {"endpoint": endpoint, "rows": rows, "is_moving": any(row.is_moving for row in rows)}


def webhooks_context(
    user: User,
    *,
    form: WebhookForm | None = None,
    opened: WebhookEndpoint | None = None,
    secret: str = "",
    problem: str = "",
) -> dict[str, Any]:
    """Return the context of the section. `opened`: the endpoint whose log is open, or whose `secret` is
    shown. `problem`: why the request was refused."""
    last = WebhookDelivery.objects.filter(endpoint=OuterRef("id")).order_by("-id").values("status")[:1]
    endpoints = WebhookEndpoint.objects.filter(user=user).annotate(last_status=Subquery(last))
    return {
        "endpoints": [
            (endpoint, _event_words(endpoint), STATUS_LABELS.get(endpoint.last_status, ""))
            for endpoint in endpoints
        ],
        "form": form or WebhookForm(),
        "opened": log_context(opened) if opened else None,
        "problem": problem,
        "secret": secret,
    }


def _event_words(endpoint: WebhookEndpoint) -> str:
    """Return the events it is called for, such as "ready, failed"."""
    return ", ".join(word for event, word in EVENT_WORDS.items() if event in endpoint.events)


@login_required
@never_cache
def webhooks(request: SignedInRequest) -> HttpResponse:
    """Show the section as its own page. A POST creates a webhook, and shows its secret once."""
    if request.method != "POST":
        return _answer(request)
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _refuse(request, form)
    asked = form.cleaned_data
    try:
        endpoint = endpoint_create(user=request.user, url=asked["url"], events=asked["events"])
    except TooManyEndpoints as error:
        form.add_error(None, str(error))
        return _refuse(request, form)
    return _answer(request, opened=endpoint, secret=secret_of(endpoint))


#: Actions on a webhook, by the last part of the URL.
ACTIONS: dict[str, Callable[[WebhookEndpoint], Any]] = {
    "pause": lambda endpoint: endpoint_change(endpoint=endpoint, is_active=False),
    "resume": lambda endpoint: endpoint_change(endpoint=endpoint, is_active=True),
    "test": lambda endpoint: endpoint_test(endpoint=endpoint),
    "delete": lambda endpoint: endpoint_delete(endpoint=endpoint),
}
OPENS_LOG = CALLS = ("test",)


@login_required
@never_cache
@require_POST
def act(request: SignedInRequest, endpoint_id: UUID, name: str) -> HttpResponse:
    if name not in ACTIONS:
        raise Http404(f"Expected one of {', '.join(ACTIONS)}, got {name}.")
    endpoint = _own_endpoint(request, endpoint_id)
    if name in CALLS:
        try:
            send_count(user=request.user)
        except TooManySends as error:
            return _too_many(request, error, opened=endpoint)
    ACTIONS[name](endpoint)
    return _answer(request, opened=endpoint if name in OPENS_LOG else None)


@login_required
@never_cache
@require_safe
def deliveries(request: SignedInRequest, endpoint_id: UUID) -> HttpResponse:
    """Show the newest calls of a webhook, loaded when its log opens."""
    endpoint = _own_endpoint(request, endpoint_id)
    if request.htmx:
        return render(request, "library/includes/deliveries.html", log_context(endpoint))
    return _answer(request, opened=endpoint)


@login_required
@never_cache
@require_POST
def send_again(request: SignedInRequest, delivery_id: int) -> HttpResponse:
    mine = WebhookDelivery.objects.filter(endpoint__user=request.user).select_related("endpoint")
    delivery = get_object_or_404(mine, id=delivery_id)
    endpoint = delivery.endpoint
    try:
        send_count(user=request.user)
    except TooManySends as error:
        if request.htmx:
            context = log_context(endpoint) | {"problem": str(error)}
            return render(request, "library/includes/deliveries.html", context)
        return _too_many(request, error, opened=endpoint)
    delivery_redeliver(delivery=delivery)
    if request.htmx:
        return render(request, "library/includes/deliveries.html", log_context(endpoint))
    return redirect("webhook-log", endpoint_id=endpoint.id)


def _own_endpoint(request: SignedInRequest, endpoint_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, id=endpoint_id, user=request.user)


def _refuse(request: SignedInRequest, form: WebhookForm) -> HttpResponse:
    """Render the form with its errors. htmx only shows responses with 200."""
    first_wrong = next((form.fields[name] for name in form.errors if name in form.fields), None)
    if first_wrong is not None:
        first_wrong.widget.attrs["autofocus"] = True
    return _answer(request, form=form, status=200 if request.htmx else 400)


def _too_many(request: SignedInRequest, error: TooManySends, *, opened: WebhookEndpoint) -> HttpResponse:
    """Render the section with the error. htmx only shows responses with 200."""
    return _answer(request, opened=opened, problem=str(error), status=200 if request.htmx else 429)


def _answer(request: SignedInRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    template = "library/includes/webhooks.html" if request.htmx else "library/webhooks.html"
    return render(request, template, webhooks_context(request.user, **context), status=status)
