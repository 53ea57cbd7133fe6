"""Every write to an endpoint and to its deliveries, but for the sending itself."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.webhooks.events import deliveries_write, test_facts
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint, WebhookTurn
from jobs.webhooks.signing import has_lost_its_secret, key_id, oldest_key_id

MAX_ENDPOINTS = 20  # of a user


class TooManyEndpoints(Exception):
    """The user has as many as one may have."""


@transaction.atomic
def endpoint_create(
    *, user: User, url: str, events: Sequence[str], description: str = "", is_active: bool = True
) -> WebhookEndpoint:
    """Raises TooManyEndpoints."""
    User.objects.select_for_update().get(id=user.id)  # two at once must not both be the last
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
    """What is named changes. While it is not active nothing is recorded for it, and what waits, waits."""
    for name, value in changes.items():
        setattr(endpoint, name, value)
    if changes:
        endpoint.save(update_fields=list(changes))
    return endpoint


def endpoint_delete(*, endpoint: WebhookEndpoint) -> None:
    """The endpoint and its log go."""
    endpoint.delete()


def endpoints_remember_key() -> int:
    """Write down by which key the secrets were made of those that do not say so: after the next rotation, or
    when old keys are dropped, no one could say any more. Returns how many."""
    return WebhookEndpoint.objects.filter(secret_key_id="").update(secret_key_id=oldest_key_id())


def endpoints_losing_secrets() -> list[WebhookEndpoint]:
    """Those whose secret would go with the fall-back keys."""
    endpoints = WebhookEndpoint.objects.select_related("user").order_by("url", "id")
    return [each for each in endpoints if has_lost_its_secret(each, [settings.SECRET_KEY])]


def endpoint_test(*, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A `webhook.test` event for this endpoint, whichever events it wants."""
    return deliveries_write([endpoint], EventType.TEST, test_facts(), job_id=None)[0]


def delivery_redeliver(*, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send it again, from the first try on; what waits for its next try is sent now."""
    delivery.status = WebhookDelivery.Status.PENDING
    delivery.tries = 0
    delivery.next_try_at = timezone.now()
    delivery.save(update_fields=["status", "tries", "next_try_at"])
    return delivery
