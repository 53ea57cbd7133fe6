"""Worker side of webhooks: claim what is due, send it, and record the outcome.

A claim (see `turns`) moves the next try a little into the future. So if a worker dies while sending, the
event is sent again, with the same id. An event either arrives at least once, or is marked as failed after
MAX_TRIES attempts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone

from audiomusic.http.safe_http import AddressRefused, CallFailed, post
from jobs.representations import iso_utc
from jobs.webhooks import signing
from jobs.webhooks.models import WebhookDelivery, WebhookEndpoint
from jobs.webhooks.turns import CLAIMED_FOR, delivery_claim  # noqa: F401  (imported from here by other modules)

log = logging.getLogger(__name__)
Status = WebhookDelivery.Status

MAX_TRIES = 5
TIMEOUT_S = 10.0
SENDERS = 4  # at the same time, in each worker; at most one per user
KEPT_TRIES = 20
POLL_S = 1.0


def delivery_send(*, delivery: WebhookDelivery) -> bool:
    """Try once and record the outcome. Return True if it arrived. If the user's account was closed since the
    claim, nothing is sent and the delivery waits; it is due again if the account is reopened."""
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
    """Return the response status, and an error sentence unless it is a success."""
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
    return answer.status, f"Expected a status from 200 to 299, got {answer.status}: {said}"


def _note(delivery: WebhookDelivery, entry: dict[str, Any]) -> bool:
    """Write the outcome, unless the delivery was queued again meanwhile."""
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
    """Sends deliveries that are due, a few at a time, until told to stop."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping
        self._busy: set[int] = set()  # ids of users whose receivers are being called
        self._lock = threading.Lock()
        self._has_ended = threading.Event()  # a call has ended: the next may begin

    def run(self) -> None:
        """Run the loop; for a thread of its own."""
        while not self.is_stopping():
            self._has_ended.clear()
            try:
                close_old_connections()
                while not self.is_stopping() and self.send_next():
                    pass
            except Exception:
                log.exception("Webhooks could not be read; it is tried again in %.0f s.", POLL_S)
            self._has_ended.wait(POLL_S)
        connections.close_all()

    def send_next(self) -> bool:
        """Hand one delivery that is due to a thread. Return False if there is none, or all senders are
        busy."""
        with self._lock:
            busy = set(self._busy)
        if len(busy) >= SENDERS:
            return False
        delivery = delivery_claim(but_not_of=busy)
        if delivery is None:
            return False
        with self._lock:
            self._busy.add(delivery.endpoint.user_id)
        threading.Thread(target=self._send, args=(delivery,), name="webhook", daemon=True).start()
        return True

    def _send(self, delivery: WebhookDelivery) -> None:
        try:
            delivery_send(delivery=delivery)
        except Exception:
            log.exception("webhook %s: it could not be sent, or its outcome not be noted", delivery.id)
        finally:
            with self._lock:
                self._busy.discard(delivery.endpoint.user_id)
            connections.close_all()
            self._has_ended.set()
