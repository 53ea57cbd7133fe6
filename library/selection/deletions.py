"""Deletes songs after a few seconds in which the user can undo it.

The request is stored as a row (PendingDeletion) immediately. When it is due, either the requesting page or a
worker's sweep carries it out. Locks are taken on the job first, then on the row, so that undoing, carrying
out and repeating cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job
from jobs.services import JobInUse, job_delete
from library.selection.models import PendingDeletion
from library.selection.services import selection_ids

MOST_UNDO_S = 60
LOOK_AGAIN = timedelta(seconds=60)  # retry delay while another song is still being made from it
AT_ONCE = 100  # due deletions per sweep


@dataclass
class Deletions:
    """The outcome for each song that was to be deleted."""

    deleted: list[int] = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    in_use: dict[int, str] = field(default_factory=dict)  # song -> why it is kept


def jobs_delete(*, user: User, job_ids: Collection[int], undo_s: int = 0) -> Deletions:
    """Delete the user's songs after `undo_s` seconds, until when `deletions_undo` can cancel it. Repeatable:
    the last call counts, and missing songs are skipped. The source of an unfinished song is kept and
    reported. Raises TooManySongs."""
    ids = selection_ids(job_ids)
    result = Deletions(in_use=_in_use(user, ids))
    with transaction.atomic():
        # Newest first: a song made from another is deleted before it.
        own = Job.objects.of_user(user).filter(id__in=set(ids) - set(result.in_use))
        found = sorted(
            own.select_for_update(no_key=True).order_by("id").values_list("id", flat=True), reverse=True
        )
        due_at = timezone.now() + timedelta(seconds=min(max(undo_s, 0), MOST_UNDO_S))
        PendingDeletion.objects.bulk_create(
            [PendingDeletion(job_id=job_id, due_at=due_at) for job_id in found],
            update_conflicts=True,
            unique_fields=["job"],
            update_fields=["due_at"],
        )
    if undo_s > 0:
        result.pending = found
        return result
    for job_id in found:
        try:
            if deletion_carry_out(job_id=job_id):
                result.deleted.append(job_id)
        except JobInUse as error:
            result.in_use[job_id] = str(error)
            PendingDeletion.objects.filter(job=job_id).delete()
    return result


@transaction.atomic
def deletions_undo(*, user: User, job_ids: Collection[int]) -> list[int]:
    """Cancel pending deletions. Returns the songs that are kept because of it; others were deleted before, or
    were not pending. Raises TooManySongs."""
    wishes = PendingDeletion.objects.filter(job__user=user, job__in=selection_ids(job_ids))
    kept = list(wishes.select_for_update(of=("self",)).order_by("job").values_list("job_id", flat=True))
    PendingDeletion.objects.filter(job__in=kept).delete()
    return kept


@transaction.atomic
def deletion_carry_out(*, job_id: int) -> bool:
    """Delete the song if that is due. Returns whether it did: it may be gone, or the deletion cancelled.
    Raises JobInUse."""
    job = Job.objects.select_for_update().filter(id=job_id).first()
    if job is None or not PendingDeletion.objects.filter(job=job_id, due_at__lte=timezone.now()).exists():
        return False
    job_delete(job=job)
    return True


def due_deletions_carry_out(**signal: Any) -> int:
    """Carry out due deletions whose page is gone, in every sweep of a worker. Returns how many."""
    due = PendingDeletion.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "-job")
    count = 0
    for job_id in list(due.values_list("job_id", flat=True)[:AT_ONCE]):
        try:
            count += deletion_carry_out(job_id=job_id)
        except JobInUse:
            PendingDeletion.objects.filter(job=job_id).update(due_at=timezone.now() + LOOK_AGAIN)
    return count


def leaving_among(jobs: Sequence[Job]) -> set[int]:
    """Return the ids of those jobs that are about to be deleted."""
    ids = [job.id for job in jobs]
    return set(PendingDeletion.objects.filter(job__in=ids).values_list("job_id", flat=True)) if ids else set()


def _in_use(user: User, ids: Sequence[int]) -> dict[int, str]:
    """Map each song to why it must be kept: another one, not to be deleted too, is being made from it."""
    making = Job.objects.of_user(user).unfinished().filter(source_job__in=ids).exclude(id__in=ids)
    return {
        source_id: f"Job {source_id} is the source of job {job_id}. Delete it when that job is finished."
        for source_id, job_id in making.order_by("-id").values_list("source_job_id", "id")
    }
