"""Lyrics for a draft from the language model: a web process places an order and waits, and a worker answers
in a thread beside its songs, so that neither delays the other.

An order is a row and not a message: the contents of the queue are never read (`jobs.worker.brokers`), and a
worker that makes a song receives no message until it is done.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from audiomusic.engines.base import SongRequest
from audiomusic.engines.language_model.writer import WritingResult
from jobs.drafts.language_model import language_model_timeout_s
from jobs.drafts.models import DraftOrder
from jobs.heartbeat import live_workers
from jobs.specs.build import request_to_json

#: Each occupies a thread of a web process while it waits; above this, the built-in writer answers at once.
MAX_WAITING = 4
LOOK_S = 0.1
GRACE_S = 2.0  # added to the model's own time limit, for the round trip
NOBODY = "No worker is running that can call the language model."
BUSY = "The language model is busy with other drafts."
LATE = "The language model did not respond in time."


def words_order(*, request: SongRequest) -> WritingResult:
    """Have a worker call the language model, and wait for the result. If there are no lyrics, the result says
    why; without a language model in the settings it has no reason."""
    if not settings.LLM_URL:
        return WritingResult(None)
    if not live_workers().exists():
        return WritingResult(None, NOBODY)
    if DraftOrder.objects.filter(answer__isnull=True, created_at__gte=_oldest()).count() >= MAX_WAITING:
        return WritingResult(None, BUSY)
    order = DraftOrder.objects.create(request=request_to_json(request))
    try:
        return _wait(order)
    finally:
        DraftOrder.objects.filter(id=order.id).delete()


def _wait(order: DraftOrder) -> WritingResult:
    ends_at = time.monotonic() + language_model_timeout_s() + GRACE_S
    answers = DraftOrder.objects.filter(id=order.id, answer__isnull=False).values_list("answer", flat=True)
    while time.monotonic() < ends_at:
        if answer := answers.first():
            return WritingResult(**answer)
        time.sleep(LOOK_S)
    return WritingResult(None, LATE)


def order_claim() -> DraftOrder | None:
    """Claim the next order for the caller, and delete orders that no one waits for any more."""
    open_orders = DraftOrder.objects.filter(taken_at=None)
    for order in open_orders[:MAX_WAITING]:
        if order.created_at < _oldest():
            DraftOrder.objects.filter(created_at__lt=_oldest()).delete()
            continue
        if open_orders.filter(id=order.id).update(taken_at=timezone.now()):
            return order
    return None


def order_answer(*, order: DraftOrder, written: WritingResult) -> None:
    """Store the answer for the waiting process; if the row is gone, no one waits for it any more."""
    DraftOrder.objects.filter(id=order.id).update(answer=asdict(written))


def request_of(order: DraftOrder) -> SongRequest:
    values: dict[str, Any] = order.request
    return SongRequest(**{**values, "seeds": tuple(values["seeds"])})


def _oldest() -> Any:
    """Return the creation time before which no one can still be waiting for an order."""
    return timezone.now() - timedelta(seconds=language_model_timeout_s() + 2 * GRACE_S)
