"""Requests and responses of the webhook endpoints."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypedDict

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audiomusic.http.fields import BooleanField, TextField
from audiomusic.http.openapi import Facts
from audiomusic.http.safe_http import MAX_URL_CHARS, AddressRefused, check_literal, parse_target
from jobs.representations import MOMENT, iso_utc
from jobs.webhooks.masking import log_of, url_of
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint, every_event

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?"
#: Pattern of accepted URLs with a host name; public IP addresses are accepted too.
URL_PATTERN = rf"^https?://({_LABEL}\.){{1,6}}[A-Za-z]{{2,20}}(:[1-9][0-9]{{0,3}})?([/?][!-\[\]-~]*)?$"

Text = Annotated[str, Facts(format="uuid")]
Moment = Annotated[str, MOMENT]


class EndpointBody(TypedDict):
    """A webhook endpoint. A key without every scope sees only the URL's host."""

    id: Text
    url: str
    events: list[EventType]
    active: bool
    description: str
    created_at: Moment


class NewEndpointBody(EndpointBody):
    """The only response with the secret that signs the calls."""

    secret: str


class TryBody(TypedDict):
    """One attempt: the response, or why there was none."""

    at: Moment
    status_code: int | None
    error: str | None
    duration_ms: Annotated[int, Facts(minimum=0)]


class DeliveryBody(TypedDict):
    """An event for an endpoint, and its attempts. `payload` is the body of the call."""

    id: int
    endpoint_id: Text
    event_id: Text
    event_type: EventType
    job_id: int | None
    status: Literal["pending", "delivered", "failed"]
    attempts: list[TryBody]
    next_attempt_at: Moment | None
    created_at: Moment
    delivered_at: Moment | None
    payload: dict[str, Any]


@extend_schema_field(
    {
        "type": "string",
        "maxLength": MAX_URL_CHARS,
        "pattern": URL_PATTERN,
        "description": "http or https; never an address in the server's own network.",
    }
)
class HookUrlField(serializers.Field):  # type: ignore[type-arg]
    """A URL that may be called, as far as can be checked without resolving its name."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Expected a URL such as https://example.org/hook.")
        try:
            target = parse_target(data)
            if not settings.WEBHOOK_PRIVATE:
                check_literal(target)
        except AddressRefused as error:
            raise serializers.ValidationError(str(error)) from None
        return data

    def to_representation(self, value: str) -> str:
        return value


class EndpointRequest(serializers.Serializer):  # type: ignore[type-arg]
    """The body for creating an endpoint."""

    url = HookUrlField()
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EventType.choices), allow_empty=False, default=every_event
    )
    description = TextField(max_length=200, allow_blank=True, default="")
    active = BooleanField(source="is_active", default=True)

    def validate_events(self, events: list[str]) -> list[str]:
        return list(dict.fromkeys(events))


class EndpointChange(EndpointRequest):
    """The body for changing an endpoint."""

    url = HookUrlField(required=False)


class DeliveryPage(serializers.Serializer):  # type: ignore[type-arg]
    """The query of an endpoint's log."""

    skip = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    status = serializers.ChoiceField(choices=WebhookDelivery.Status.choices, required=False)


def endpoint_body(endpoint: WebhookEndpoint, *, sees_all: bool) -> EndpointBody:
    return {
        "id": str(endpoint.id),
        "url": url_of(endpoint, sees_all=sees_all),
        "events": [EventType(event) for event in endpoint.events],
        "active": endpoint.is_active,
        "description": endpoint.description,
        "created_at": iso_utc(endpoint.created_at) or "",
    }


def delivery_body(delivery: WebhookDelivery, *, sees_all: bool) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "endpoint_id": str(delivery.endpoint_id),
        "event_id": str(delivery.event_id),
        "event_type": delivery.event_type,
        "job_id": delivery.job_id,
        "status": delivery.status,
        "attempts": log_of(delivery, sees_all=sees_all),
        "next_attempt_at": iso_utc(delivery.next_try_at),
        "created_at": iso_utc(delivery.created_at),
        "delivered_at": iso_utc(delivery.delivered_at),
        "payload": json.loads(delivery.body),
    }
