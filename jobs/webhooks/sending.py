"""The workers' side: what is due is claimed, sent, and noted.

A claim is a filtered update that moves the next try a little into the future, and the row count
decides. A worker that dies while it sends therefore changes nothing: the event is sent again, with the
same id. An event arrives at least once, or has failed MAX_TRIES times and says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone

from audiomusic.outbound import AddressRefused, CallFailed, post
from jobs.api.representations import iso_utc
from jobs.webhooks import signing
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint

log = logging.getLogger(__name__)
Status = WebhookDelivery.Status

MAX_TRIES = 5
TIMEOUT_S = 10.0
CLAIMED_FOR = timedelta(seconds=30)  # a sender silent for so long is dead
SENDERS = 4  # at the same time, in each worker; of one endpoint only one
KEPT_TRIES = 20
POLL_S = 1.0


def delivery_claim(*, but_not_of: Collection[Any] = ()) -> WebhookDelivery | None:
    """The next one that is due, now the caller's for CLAIMED_FOR; new ones before repeated ones."""
    while True:
        now = timezone.now()
        due = WebhookDelivery.objects.filter(
            status=Status.PENDING,
            next_try_at__lte=now,
            endpoint__is_active=True,
            endpoint__user__is_active=True,
        ).exclude(endpoint__in=list(but_not_of))
        delivery = due.select_related("endpoint").order_by("tries", "next_try_at", "id").first()
        if delivery is None:
            return None
        mine = WebhookDelivery.objects.filter(
            id=delivery.id, status=Status.PENDING, next_try_at=delivery.next_try_at
        )
        claimed_until = now + CLAIMED_FOR
        if mine.update(next_try_at=claimed_until):
            delivery.next_try_at = claimed_until
            return delivery


def delivery_send(*, delivery: WebhookDelivery) -> bool:
    """Try once, and note how it went. True: it arrived. Where its user's account was shut since the claim
    nothing is sent, and it waits: should the account be opened again, it is due."""
    if not WebhookEndpoint.objects.filter(id=delivery.endpoint_id, user__is_active=True).exists():
        return False
    began_at, start = timezone.now(), time.monotonic()
    status_code, error = _call(delivery.endpoint, delivery)
    entry = {
        "at": iso_utc(began_at),
        "status_code": status_code,
        "error": error,
        "duration_ms": round(1000 * (time.monotonic() - start)),
    }
    return _note(delivery, entry)


def _call(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> tuple[int | None, str | None]:
    """What came back: the status, and a sentence unless it is a success."""
    try:
        headers = signing.headers(
            endpoint,
            event_type=delivery.event_type,
            event_id=str(delivery.event_id),
            body=delivery.body,
            now_s=int(time.time()),
        )
        answer = post(
            endpoint.url,
            body=delivery.body.encode(),
            headers=headers,
            timeout_s=TIMEOUT_S,
            allow_private=settings.WEBHOOK_PRIVATE,
        )
    except (AddressRefused, CallFailed, signing.SecretLost) as error:
        return None, str(error)[:300]
    if 200 <= answer.status < 300:
        return answer.status, None
    said = answer.start[:200].decode(errors="replace").replace("\0", "")
    return answer.status, f"A status from 200 to 299 was wanted, but {answer.status} came: {said}"


def _note(delivery: WebhookDelivery, entry: dict[str, Any]) -> bool:
    """Write the outcome, unless the delivery was put in line anew meanwhile."""
    now, tries = timezone.now(), delivery.tries + 1
    has_arrived = entry["error"] is None
    changes: dict[str, Any] = {"tries": tries, "log": [*delivery.log, entry][-KEPT_TRIES:]}
    if has_arrived:
        changes |= {"status": Status.DELIVERED, "delivered_at": now, "next_try_at": None}
    elif tries >= MAX_TRIES:
        changes |= {"status": Status.FAILED, "next_try_at": None}
    else:
        changes["next_try_at"] = now + timedelta(seconds=settings.WEBHOOK_RETRY_S * 2 ** (tries - 1))
    rows = WebhookDelivery.objects.filter(id=delivery.id, next_try_at=delivery.next_try_at)
    rows.update(**changes)
    return has_arrived


class Sender:
    """Sends what is due, a few at a time, until told to stop."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping
        self._busy: set[Any] = set()  # endpoints that are being called
        self._lock = threading.Lock()

    def run(self) -> None:
        """Endless; for a thread of its own."""
        while not self.is_stopping():
            try:
                close_old_connections()
                while not self.is_stopping() and self.send_next():
                    pass
            except Exception:
                log.exception("Webhooks could not be read; it is tried again in %.0f s.", POLL_S)
            time.sleep(POLL_S)
        connections.close_all()

    def send_next(self) -> bool:
        """Hand one that is due to a thread. False: none is, or all senders are busy."""
        with self._lock:
            busy = set(self._busy)
        if len(busy) >= SENDERS:
            return False
        delivery = delivery_claim(but_not_of=busy)
        if delivery is None:
            return False
        with self._lock:
            self._busy.add(delivery.endpoint_id)
        threading.Thread(target=self._send, args=(delivery,), name="webhook", daemon=True).start()
        return True

    def _send(self, delivery: WebhookDelivery) -> None:
        try:
            delivery_send(delivery=delivery)
        except Exception:
            log.exception("webhook %s: it could not be sent, or its outcome not be noted", delivery.id)
        finally:
            with self._lock:
                self._busy.discard(delivery.endpoint_id)
            connections.close_all()
