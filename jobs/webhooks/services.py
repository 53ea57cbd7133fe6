"""All writes to endpoints and deliveries, except for the sending itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.webhooks.events import deliveries_write, test_facts
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint, WebhookTurn
from jobs.webhooks.signing import has_lost_its_secret, key_id, oldest_key_id

MAX_ENDPOINTS = 20  # per user


class TooManyEndpoints(Exception):
    """The user has reached the maximum number of endpoints."""


@transaction.atomic
def endpoint_create(
    *, user: User, url: str, events: Sequence[str], description: str = "", is_active: bool = True
) -> WebhookEndpoint:
    """Create an endpoint. Raises TooManyEndpoints."""
    User.objects.select_for_update().get(id=user.id)  # two concurrent calls must not both be the last
    if WebhookEndpoint.objects.filter(user=user).count() >= MAX_ENDPOINTS:
        raise TooManyEndpoints(f"A user can have at most {MAX_ENDPOINTS} endpoints.")
    WebhookTurn.objects.get_or_create(user=user)
    return WebhookEndpoint.objects.create(
        user=user,
        url=url,
        events=list(events),
        description=description,
        is_active=is_active,
        secret_key_id=key_id(settings.SECRET_KEY),
    )


def endpoint_change(*, endpoint: WebhookEndpoint, **changes: object) -> WebhookEndpoint:
    """Change the given fields. While an endpoint is inactive, no events are recorded for it, and pending
    deliveries wait."""
    for name, value in changes.items():
        setattr(endpoint, name, value)
    if changes:
        endpoint.save(update_fields=list(changes))
    return endpoint


def endpoint_delete(*, endpoint: WebhookEndpoint) -> None:
    """Delete the endpoint and its log."""
    endpoint.delete()


def endpoints_remember_key() -> int:
    """Record the key id of endpoints that have none: after the next rotation, or when old keys are dropped,
    no one could tell any more. Return how many."""
    return WebhookEndpoint.objects.filter(secret_key_id="").update(secret_key_id=oldest_key_id())


def endpoints_losing_secrets() -> list[WebhookEndpoint]:
    """Return the endpoints whose secret would be lost with the fallback keys."""
    endpoints = WebhookEndpoint.objects.select_related("user").order_by("url", "id")
    return [each for each in endpoints if has_lost_its_secret(each, [settings.SECRET_KEY])]


def endpoint_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Write a `webhook.test` event for this endpoint, whichever events it subscribed to."""
    return deliveries_write([endpoint], EventType.TEST, test_facts(), job_id=None)[0]


def delivery_redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send the delivery again, counting attempts from zero; a pending one is sent now."""
    delivery.status = WebhookDelivery.Status.PENDING
    delivery.tries = 0
    delivery.next_try_at = timezone.now()
    delivery.save(update_fields=["status", "tries", "next_try_at"])
    return delivery
