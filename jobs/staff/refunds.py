"""Refunds of a song's price: a grant that names its job, at most one per job."""

from __future__ import annotations

from django.db import transaction

from audiomusic.accounts.credits.ledger import credits_grant
from audiomusic.accounts.models import CreditEntry
from jobs.lifecycle import reference_of
from jobs.models import Job

MAX_REASON = 200  # characters


class JobNotRefundable(Exception):
    """The job was not charged, or was already refunded."""


@transaction.atomic
def job_refund(*, job: Job, reason: str) -> CreditEntry:
    """Grant the owner what the job was charged. Raises JobNotRefundable, or ValueError without a reason. The
    lock serializes refunds of a job; the ledger shows that one was made."""
    if not reason.strip():
        raise ValueError("Expected a reason for the refund; it is recorded in the ledger.")
    row = Job.objects.select_for_update(of=("self",)).select_related("user").filter(id=job.id).first()
    if row is None or not row.credits_charged:
        raise JobNotRefundable(f"Job {job.id} was not charged, so there is nothing to refund.")
    if refund_of(row) is not None:
        raise JobNotRefundable(f"Job {row.id} was already refunded.")
    return credits_grant(
        user=row.user,
        amount=row.credits_charged,
        note=reason.strip()[:MAX_REASON],
        reference=reference_of(row),
    )


def refund_of(job: Job) -> CreditEntry | None:
    """Return the grant that refunded the job."""
    lines = CreditEntry.objects.for_reference(job.user, reference_of(job))
    return lines.filter(kind=CreditEntry.Kind.GRANT).first()
