"""Whose event is sent next: one sender a user at a time, and users take turns.

A user whose receivers take calls and say nothing costs one sender for as long as a call may take, however
many such receivers they have; everybody else's events are sent by the others.

The user's row in WebhookTurn is locked while an event of theirs is claimed, so two workers cannot both. It
names the delivery, and until when the claim holds; the turn lasts as long as that delivery is claimed. Its
outcome, which moves the delivery's next try, therefore ends the turn in the same statement, and so does
time where the sender died.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookTurn

CLAIMED_FOR = timedelta(seconds=30)  # a sender silent for so long is dead


def delivery_claim(*, but_not_of: Collection[int] = ()) -> WebhookDelivery | None:
    """The next delivery that is due, now the caller's for CLAIMED_FOR; of none of these users. Users take
    turns; of one user, new events come before repeated ones, and their endpoints take turns too."""
    passed_over = set(but_not_of)
    while True:
        now = timezone.now()
        delivery = _next_due(now, passed_over | set(_busy_users(now)))
        if delivery is None:
            return None
        if _claim(delivery, now):
            return delivery
        passed_over.add(delivery.endpoint.user_id)  # another worker serves them at this moment


def _busy_users(now: datetime) -> list[int]:
    """Whose events are being sent."""
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
    """False: another worker was quicker. Nobody is waited for."""
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
    transaction.on_commit(lambda: called.update(called_at=now))  # an owner may be changing it: not in here
    return True


def _lock_turn(user_id: int) -> WebhookTurn | None:
    """The user's row, which no one else can lock before the transaction ends; None where somebody has."""
    rows = WebhookTurn.objects.select_for_update(skip_locked=True).filter(user=user_id)
    if (turn := rows.first()) is not None:
        return turn
    WebhookTurn.objects.bulk_create([WebhookTurn(user_id=user_id)], ignore_conflicts=True)
    return rows.first()
