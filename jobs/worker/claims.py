"""Writes by workers: claim, finish, fail and requeue a job.

A worker may write only while it holds the job's lease: the random token that its claim put into the row.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from audiomusic.engines.base import SongResult
from jobs.history.models import EventKind
from jobs.history.services import job_event_record
from jobs.lifecycle import capture_hold, finalize, lock_row, requeue_or_fail
from jobs.models import Job, Status
from jobs.search.documents import search_document_update
from jobs.specs.build import clean_title, effective_as_made, title_from
from jobs.specs.score_tasks import cost_of_takes
from jobs.specs.tags import language_of, save_tags, tags_as_made
from jobs.storage.takes import StoredTake, takes_create
from jobs.wakeup import wake_if_idle
from jobs.worker.stage_timer import TimedStage

log = logging.getLogger(__name__)

CANDIDATES = 16  # how many users to search for a job for the same batch
PASSED_OVER_S = 60.0


class LeaseState(StrEnum):
    """What a worker should do with its current song."""

    GO_ON = "go on"
    CANCEL = "cancel"  # the user asked to stop it
    LOST = "lost"  # another worker has the lease, or the job was deleted


def job_claim(*, lease_token: str | None = None) -> Job | None:
    """Claim the next waiting job for the caller, or return None. `lease_token`: a unique token; random by
    default."""
    passed_over: list[int] = []
    while (job_id := Job.objects.exclude(id__in=passed_over).next_waiting_id()) is not None:
        if job := _claim(job_id, lease_token):
            return job
        passed_over.append(job_id)
    return None


def job_claim_compatible(*, accepts: Callable[[Job], bool], lease_token: str | None = None) -> Job | None:
    """Like `job_claim`, but claim the first of the next jobs that `accepts` accepts, to share a batch with a
    song that the caller already has. None if there is none, or if a job that would be skipped has waited
    for PASSED_OVER_S: then it is that job's turn."""
    for job in Job.objects.next_waiting(CANDIDATES):
        if accepts(job):
            if claimed := _claim(job.id, lease_token):
                return claimed
        elif timezone.now() - job.created_at > timedelta(seconds=PASSED_OVER_S):
            return None
    return None


def job_claim_following(*, accepts: Callable[[Job], bool], lease_token: str | None = None) -> Job | None:
    """Claim the next waiting job early, if `accepts` takes it. No other job is claimed in its place."""
    job = Job.objects.next_waiting(1).first()
    return _claim(job.id, lease_token) if job is not None and accepts(job) else None


@transaction.atomic
def _claim(job_id: int, lease_token: str | None) -> Job | None:
    """Claim the job. Return None if another worker was faster or another process holds the row. That process
    may be frozen, so this does not wait for it; the sweep wakes workers for this job again."""
    free = Job.objects.claimable().filter(id=job_id).select_for_update(skip_locked=True, of=("self",))
    claimed = Job.objects.claimable().filter(id__in=free.values("id")).update(
        status=Status.PROCESSING, stage="planning", progress=0, attempts=F("attempts") + 1,
        started_at=timezone.now(), lease_owner=lease_token or secrets.token_hex(12), lease_until=_lease_end(),
        expected_end_at=None,
    )  # fmt: skip
    job = Job.objects.select_related("user").filter(id=job_id).first() if claimed else None
    if job is not None:
        job_event_record(job=job, kind=EventKind.STARTED)
    return job


def job_heartbeat(*, job: Job, lease_owner: str) -> bool:
    """Renew the lease. Return False if it was lost."""
    return Job.objects.leased_to(lease_owner, job).update(lease_until=_lease_end()) == 1


def job_progress(
    *, job: Job, lease_owner: str, stage: str, share: float, left_s: float | None = None
) -> LeaseState:
    """Save the progress (`share` 0..1, never decreasing) and the remaining time, renew the lease, and return
    the lease state. 100 % means that the song can be played, so an unfinished job stays at 99."""
    percent = min(99, max(0, int(100 * share)))
    ends_at = None if left_s is None else timezone.now() + timedelta(seconds=left_s)
    Job.objects.leased_to(lease_owner, job).update(
        stage=stage, progress=Greatest(F("progress"), percent), lease_until=_lease_end(),
        expected_end_at=ends_at,
    )  # fmt: skip
    return job_lease_state(job=job, lease_owner=lease_owner)


def job_lease_state(*, job: Job, lease_owner: str) -> LeaseState:
    """Return what the worker that holds `lease_owner` should do. Only reads."""
    row = Job.objects.leased_to(lease_owner, job).values_list("cancel_requested_at").first()
    if row is None:
        return LeaseState.LOST
    return LeaseState.CANCEL if row[0] else LeaseState.GO_ON


@transaction.atomic
def job_finish(
    *,
    job: Job,
    lease_owner: str,
    result: SongResult,
    takes: Sequence[StoredTake],
    stage_s: Mapping[TimedStage, float] | None = None,
) -> bool:
    """Save the takes, charge for their seconds (never more than was reserved) and release the rest.
    `stage_s`: how long each stage took.

    Return False if the lease was lost or the user asked to stop; nothing was written.
    """
    row = lock_row(Job.objects.leased_to(lease_owner, job).filter(cancel_requested_at=None))
    if row is None:
        return False
    first = min(takes, key=lambda take: take.index)
    takes_create(job=row, takes=takes)
    if result.title and row.display_name == title_from(row.prompt):
        row.display_name = clean_title(result.title)
    asked, caption = row.effective, f"{row.prompt}\n{result.caption}"
    tags = tags_as_made(caption, result.lyrics, asked.get("genre"))
    row.effective = effective_as_made(asked, result) | tags
    save_tags(row, earlier=asked)
    row.lyrics = result.lyrics
    row.bpm = result.bpm
    row.keyscale = result.keyscale or ""
    row.timesignature = result.timesignature or ""
    row.vocal_language = language_of(asked["kind"], result.vocal_language, result.lyrics, row.prompt)
    row.duration_s = first.duration_s
    row.lrc_content = first.lrc_content
    row.quality_score = first.quality_score
    row.stage_s = dict(stage_s) if stage_s else None
    # If the length of the source was unknown, the maximum for the new part was reserved.
    charged_s = row.effective.get("operation", {}).get("charged_s")
    capture_hold(row, cost_of_takes(row.task, [charged_s or take.duration_s for take in takes]))
    finalize(row, Status.COMPLETED, progress=100, stage="")
    search_document_update(job=row)
    return True


@transaction.atomic
def job_fail(*, job: Job, lease_owner: str, code: str, message: str) -> bool:
    """Mark the job FAILED and release its credits. Return False if the lease was lost."""
    row = lock_row(Job.objects.leased_to(lease_owner, job))
    if row is None:
        return False
    finalize(row, Status.FAILED, error_code=code[:64], error_message=message[:500])
    return True


@transaction.atomic
def job_mark_cancelled(*, job: Job, lease_owner: str) -> bool:
    """Mark the job CANCELLED, as its user asked, and release its credits. Return False if no one asked, or
    the lease was lost."""
    row = lock_row(Job.objects.leased_to(lease_owner, job).exclude(cancel_requested_at=None))
    if row is None:
        return False
    finalize(row, Status.CANCELLED)
    return True


def job_release(*, job: Job, lease_owner: str, is_counted: bool = True) -> bool:
    """Put the job back for another worker; after MAX_ATTEMPTS attempts mark it FAILED instead. If
    `is_counted` is False, the attempt does not count, because the server is stopping. Return False if the
    lease was lost."""
    rows = Job.objects.leased_to(lease_owner, job)
    return requeue_or_fail(rows, EventKind.RETURNED, is_counted=is_counted)


def leases_sweep() -> int:
    """Requeue every job whose lease has expired, and wake workers if jobs wait. Return how many expired."""
    now = timezone.now()
    lapsed = [job.id for job in Job.objects.lapsed(now).only("lease_owner") if _release_lapsed(job, now)]
    if lapsed:
        log.warning("Leases had lapsed; put back: %s.", ", ".join(f"job {job_id}" for job_id in lapsed))
    if Job.objects.claimable().exists():
        wake_if_idle()
    return len(lapsed)


def _release_lapsed(job: Job, now: datetime) -> bool:
    """Requeue the job. Return False if another process is ending it or holds related rows; the next sweep
    tries again."""
    rows = Job.objects.lapsed(now).filter(id=job.id, lease_owner=job.lease_owner)
    try:
        return requeue_or_fail(rows, EventKind.LEASE_LAPSED, is_patient=False)
    except DatabaseError:
        log.warning("job %s could not be put back; it is tried again", job.id, exc_info=True)
        return False


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_S)
