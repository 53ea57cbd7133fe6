"""Ordering an audio analysis from a worker and waiting for it: a row holds the order, and then the answer.

An answer is a dictionary: `found` with the analysis, `nothing` with a sentence if nothing was found, or
`refused` with a code and a sentence.
"""

from __future__ import annotations

import hashlib
import threading
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audiomusic.accounts.models import User
from audiomusic.engines.foreign.findings import ANALYSER_VERSION
from jobs.analysis.models import AnalysisOrder
from jobs.heartbeat import live_workers
from jobs.models import Take
from jobs.uploads.models import SourceFile

WAITERS = 4  # web threads of a process that may wait: half of them
LOOK_S = 0.1
KEPT = timedelta(hours=24)
TAKEN_FOR = timedelta(minutes=5)  # then its worker is considered dead
MAX_OPEN = 10  # unanswered orders of one user

_waiters = threading.BoundedSemaphore(WAITERS)


class TooManyQuestions(Exception):
    """Too many of the user's orders are unanswered."""


def analysis_order(
    *, user: User, upload: SourceFile | None = None, take: Take | None = None, url: str = ""
) -> AnalysisOrder:
    """Return the order for one of them: a new one, or the same one that the user made within a day. Raises
    TooManyQuestions."""
    what = upload.samples_sha256 if upload else (take.samples_sha256 or f"take {take.id}") if take else url
    subject = hashlib.sha256(f"{ANALYSER_VERSION} {what}".encode()).hexdigest()
    with transaction.atomic():
        asked = AnalysisOrder.objects.filter(user=user, subject=subject, created_at__gt=timezone.now() - KEPT)
        asked = asked.filter(Q(answer__isnull=False) | Q(created_at__gt=_oldest()))
        if known := asked.order_by("-created_at").first():
            return known
        if (
            AnalysisOrder.objects.filter(user=user, answer__isnull=True, created_at__gt=_oldest()).count()
            >= MAX_OPEN
        ):
            raise TooManyQuestions(f"At most {MAX_OPEN} of your files can wait for analysis. Try again soon.")
        return AnalysisOrder.objects.create(
            user=user,
            subject=subject,
            upload_id=upload.id if upload else None,
            take_id=take.id if take else None,
            url=url,
        )


def analysis_wait(*, order: AnalysisOrder) -> dict[str, Any] | None:
    """Return the answer, or None if it takes longer than a client should wait, or too many threads wait
    already."""
    if order.answer is not None:
        return dict(order.answer)
    if not live_workers().exists() or not _waiters.acquire(blocking=False):
        return None
    try:
        ends_at = time.monotonic() + settings.ANALYSIS_WAIT_S
        answers = AnalysisOrder.objects.filter(id=order.id, answer__isnull=False)
        while time.monotonic() < ends_at:
            if answer := answers.values_list("answer", flat=True).first():
                return dict(answer)
            time.sleep(LOOK_S)
        return None
    finally:
        _waiters.release()


def analysis_claim() -> AnalysisOrder | None:
    """Claim the oldest order that no living worker has claimed."""
    now = timezone.now()
    AnalysisOrder.objects.filter(created_at__lt=now - KEPT).delete()
    free = AnalysisOrder.objects.filter(
        Q(taken_at=None) | Q(taken_at__lt=now - TAKEN_FOR), answer__isnull=True, created_at__gt=_oldest()
    )
    for order in free[:MAX_OPEN]:
        if free.filter(id=order.id).update(taken_at=now):
            return order
    return None


def analysis_answer(*, order: AnalysisOrder, answer: dict[str, Any]) -> None:
    """Store the answer. Those who wait see a refusal, which then soon expires: the problem at a URL may be
    fixed."""
    changed: dict[str, Any] = {"answer": answer, "url": ""}
    if "refused" in answer:
        changed["created_at"] = timezone.now() - KEPT + timedelta(seconds=30)
    AnalysisOrder.objects.filter(id=order.id).update(**changed)


def _oldest() -> datetime:
    """Return the creation time before which an order is no longer worth answering."""
    return timezone.now() - timedelta(hours=1)
