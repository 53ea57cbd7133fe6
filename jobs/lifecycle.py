"""How a job ends or is requeued, and how its credits are settled, whatever the cause.

A job's row is the source of truth. Code that ends a job first locks the row and checks its state, so each
end, and each settlement of credits, happens exactly once.

Reserved credits are held until they are charged or released (`Job.credits_held`).
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
    "The song was started {attempts} times, and each time its worker stopped before it was finished.",
)


@transaction.atomic
def requeue_or_fail(
    rows: JobQuerySet, kind: EventKind, *, is_counted: bool = True, is_patient: bool = True
) -> bool:
    """Put the one job of `rows` back into the queue, or end it if it should be cancelled or has no attempts
    left. `kind`: the reason, for its history. Return False if there was no such job, or if `is_patient` is
    false and another process holds the row."""
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
            # A counted attempt was its user's turn, so other users come first now.
            started_at=row.started_at if is_counted else None, attempts=row.attempts - (not is_counted),
        )  # fmt: skip
        transaction.on_commit(wake_workers)
    return True


def lock_row(rows: JobQuerySet, *, is_patient: bool = True) -> Job | None:
    """Lock and return the row, which no one else can change before this transaction ends, or return None. If
    another process holds it, wait only if `is_patient`. (SQLite has no row locks; there BEGIN IMMEDIATE has
    already locked the whole database.)"""
    mine = rows.select_for_update(of=("self",), skip_locked=not is_patient)
    return mine.select_related("user").first()


def finalize(row: Job, status: Status, **changes: Any) -> None:
    """Save the final state of a locked row, release what it still holds, and notify listeners."""
    if status not in FINISHED:
        raise ValueError(f"a job ends in one of {', '.join(FINISHED)}, not in {status}")
    if status != Status.COMPLETED:  # a completed job's row already says everything
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
        with transaction.atomic():  # a savepoint: a listener's error must not undo the end of the job
            job_ended.send(sender=Job, job=row)
    except Exception:
        log.exception("job %s ended as %s, but a listener failed", row.id, row.status)


def capture_hold(row: Job, cost: int) -> None:
    """Charge `cost` credits, but at most what the locked row holds, and release the rest."""
    held = row.credits_held
    if held:
        amount = min(held, cost)
        credits_charge(user=row.user, reference=reference_of(row), reserved=held, amount=amount)
        row.credits_charged += amount
        row.credits_refunded += held - amount


def release_hold(row: Job) -> None:
    """Release the credits that a locked row still holds."""
    if row.credits_held:
        credits_release(user=row.user, reference=reference_of(row), amount=row.credits_held)
        row.credits_refunded += row.credits_held


def reference_of(job: Job) -> str:
    """Return this job's reference in the ledger."""
    return f"job:{job.id}"
