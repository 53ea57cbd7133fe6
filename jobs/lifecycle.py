"""How a job ends or is put back, and what becomes of its credits, no matter what brings it about.

A job's row is the truth. What ends it first locks the row and looks whether it still is what
they take it for, so each end, and each settlement of credits, happens exactly once.

What a job reserved is held until it is charged or returned (`Job.credits_held`).
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.credits.ledger import credits_charge, credits_release
from jobs.history.models import EventKind
from jobs.history.services import job_event_record
from jobs.managers import JobQuerySet
from jobs.models import FINISHED, Job, Status
from jobs.signals import job_ended
from jobs.storage.orphans import orphan_folder_record
from jobs.wakeup import wake_workers

log = logging.getLogger(__name__)

ATTEMPTS_EXHAUSTED = (
    "attempts_exhausted",
    "The song was started {attempts} times and each time its worker stopped before it was done.",
)


@transaction.atomic
def requeue_or_fail(
    rows: JobQuerySet, kind: EventKind, *, is_counted: bool = True, is_patient: bool = True
) -> bool:
    """Put the one job of `rows` back for another worker, or end it where it was to be cancelled or has been
    started often enough. `kind`: why, for its life log. False: there was none, or not `is_patient` and
    somebody else holds the row."""
    row = lock_row(rows, is_patient=is_patient)
    if row is None:
        return False
    code, message = ATTEMPTS_EXHAUSTED
    if row.cancel_requested_at:
        finalize(row, Status.CANCELLED)
    elif is_counted and row.attempts >= settings.MAX_ATTEMPTS:
        finalize(row, Status.FAILED, error_code=code, error_message=message.format(attempts=row.attempts))
    else:
        orphan_folder_record(job=row)
        job_event_record(job=row, kind=kind, detail="" if is_counted else "this start does not count")
        Job.objects.filter(id=row.id).update(
            status=Status.PENDING, progress=None, stage="", lease_owner="", lease_until=None,
            # A start that counts was its user's turn: others come before the next one.
            started_at=row.started_at if is_counted else None, attempts=row.attempts - (not is_counted),
        )  # fmt: skip
        transaction.on_commit(wake_workers)
    return True


def lock_row(rows: JobQuerySet, *, is_patient: bool = True) -> Job | None:
    """The row, which no one else can change before this transaction ends, or None; one that somebody else
    holds is waited for where `is_patient`. (SQLite has no row locks; there BEGIN IMMEDIATE has locked
    everything already.)"""
    mine = rows.select_for_update(of=("self",), skip_locked=not is_patient)
    return mine.select_related("user").first()


def finalize(row: Job, status: Status, **changes: Any) -> None:
    """Write the last state of a locked row, return what it still holds, and tell who listens."""
    if status not in FINISHED:
        raise ValueError(f"a job ends in one of {', '.join(FINISHED)}, not in {status}")
    if status != Status.COMPLETED:  # whose row says all
        code, message = changes.get("error_code", ""), changes.get("error_message", "")
        detail = f"{code}: {message}" if code else ""
        job_event_record(job=row, kind=EventKind(status.lower()), detail=detail)
    for name, value in changes.items():
        setattr(row, name, value)
    row.status = status
    row.completed_at = timezone.now()
    row.lease_owner, row.lease_until = "", None
    release_hold(row)
    row.save()
    _tell(row)
    if row.attempts > 1 or (row.attempts and status != Status.COMPLETED):
        orphan_folder_record(job=row)


def _tell(row: Job) -> None:
    try:
        with transaction.atomic():  # a savepoint: a listener's mistake must not undo the end
            job_ended.send(sender=Job, job=row)
    except Exception:
        log.exception("job %s ended as %s, but a listener failed", row.id, row.status)


def capture_hold(row: Job, cost: int) -> None:
    """Take `cost` credits of what a locked row holds, never more than that, and return the rest."""
    held = row.credits_held
    if held:
        amount = min(held, cost)
        credits_charge(user=row.user, reference=reference_of(row), reserved=held, amount=amount)
        row.credits_charged += amount
        row.credits_refunded += held - amount


def release_hold(row: Job) -> None:
    """Return what a locked row still holds."""
    if row.credits_held:
        credits_release(user=row.user, reference=reference_of(row), amount=row.credits_held)
        row.credits_refunded += row.credits_held


def reference_of(job: Job) -> str:
    """What the ledger's lines of this job are marked with."""
    return f"job:{job.id}"
