"""Choosing the next event to send: one sender per user at a time, and users take turns.

A user whose receivers accept calls but never respond occupies one sender for the duration of a call, however
many such receivers they have; the other senders serve the other users.

A claim locks the user's row in WebhookTurn, so two workers cannot both claim. The row names the delivery and
the end of the claim; the turn lasts while that delivery is claimed. Recording the outcome moves the
delivery's next try and so ends the turn in the same statement; if the sender died, the turn ends when the
claim expires.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookTurn

CLAIMED_FOR = timedelta(seconds=30)  # a sender silent for this long is dead


def delivery_claim(*, but_not_of: Collection[int] = ()) -> WebhookDelivery | None:
    """Claim the next due delivery for CLAIMED_FOR, skipping these users. Users take turns; within a user, new
    events come before repeated ones, and the endpoints take turns too."""
    passed_over = set(but_not_of)
    while True:
        now = timezone.now()
        delivery = _next_due(now, passed_over | set(_busy_users(now)))
        if delivery is None:
            return None
        if _claim(delivery, now):
            return delivery
        passed_over.add(delivery.endpoint.user_id)  # another worker is serving them


def _busy_users(now: datetime) -> list[int]:
    """Return the users whose events are being sent."""
    is_claimed = WebhookDelivery.objects.filter(id=OuterRef("delivery_id"), next_try_at=OuterRef("until"))
    held = WebhookTurn.objects.filter(Exists(is_claimed), until__gt=now)
    return list(held.values_list("user_id", flat=True))


def _next_due(now: datetime, but_not_of: Collection[int]) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.filter(
        status=WebhookDelivery.Status.PENDING,
        next_try_at__lte=now,
        endpoint__is_active=True,
        endpoint__user__is_active=True,
    ).exclude(endpoint__user__in=list(but_not_of))
    return (
        due.select_related("endpoint")
        .order_by(
            F("endpoint__user__webhook_turn__served_at").asc(nulls_first=True),
            "tries",
            F("endpoint__called_at").asc(nulls_first=True),
            "next_try_at",
            "id",
        )
        .first()
    )


@transaction.atomic
def _claim(delivery: WebhookDelivery, now: datetime) -> bool:
    """Claim the delivery without waiting. Return False if another worker was faster."""
    user_id = delivery.endpoint.user_id
    turn = _lock_turn(user_id)
    if turn is None or user_id in _busy_users(now):
        return False
    mine = WebhookDelivery.objects.filter(
        id=delivery.id, status=WebhookDelivery.Status.PENDING, next_try_at=delivery.next_try_at
    )
    until = now + CLAIMED_FOR
    if not mine.select_for_update(skip_locked=True).exists() or not mine.update(next_try_at=until):
        return False
    delivery.next_try_at = until
    turn.delivery_id, turn.until, turn.served_at = delivery.id, until, now
    turn.save(update_fields=["delivery_id", "until", "served_at"])
    called = WebhookEndpoint.objects.filter(id=delivery.endpoint_id)
    transaction.on_commit(lambda: called.update(called_at=now))  # on commit: an owner may hold the row
    return True


def _lock_turn(user_id: int) -> WebhookTurn | None:
    """Lock and return the user's row until the transaction ends; None if another process holds it."""
    rows = WebhookTurn.objects.select_for_update(skip_locked=True).filter(user=user_id)
    if (turn := rows.first()) is not None:
        return turn
    WebhookTurn.objects.bulk_create([WebhookTurn(user_id=user_id)], ignore_conflicts=True)
    return rows.first()
