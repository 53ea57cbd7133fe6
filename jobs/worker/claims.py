"""What workers write: a job is claimed, made, and finished, failed or handed back.

A worker may write only while it holds the job's lease: the random word that its claim put into the row.
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

CANDIDATES = 16  # users looked at for a job to be made beside another
PASSED_OVER_S = 60.0


class LeaseState(StrEnum):
    """What a worker should do about the song it is making."""

    GO_ON = "go on"
    CANCEL = "cancel"  # its user asked for it
    LOST = "lost"  # the lease is another's, or the job is gone


def job_claim(*, lease_token: str | None = None) -> Job | None:
    """The next waiting job, now leased to the caller, or None. `lease_token`: a word that no other
    claim uses; it is drawn where none is given."""
    passed_over: list[int] = []
    while (job_id := Job.objects.exclude(id__in=passed_over).next_waiting_id()) is not None:
        if job := _claim(job_id, lease_token):
            return job
        passed_over.append(job_id)
    return None


def job_claim_compatible(*, accepts: Callable[[Job], bool], lease_token: str | None = None) -> Job | None:
    """As `job_claim`, but of those whose turn is next the first that `accepts` takes: what may be
    made together with a song that the caller has already. None where there is none, or where one
    that would be passed over has waited for PASSED_OVER_S: then it is really its turn."""
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
    """None: another worker was quicker, or somebody else holds the row. Who holds it may have frozen, so
    nobody waits for them here; the sweep rings for that job again."""
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
    """Renew the lease. False: it was lost."""
    return Job.objects.leased_to(lease_owner, job).update(lease_until=_lease_end()) == 1


def job_progress(
    *, job: Job, lease_owner: str, stage: str, share: float, left_s: float | None = None
) -> LeaseState:
    """Note how far the song is (`share` 0..1, never falling) and how long it will still take, renew the
    lease, and hear what is wanted. 100 % is for songs that can be heard: until it is finished a job stays
    at 99."""
    percent = min(99, max(0, int(100 * share)))
    ends_at = None if left_s is None else timezone.now() + timedelta(seconds=left_s)
    Job.objects.leased_to(lease_owner, job).update(
        stage=stage, progress=Greatest(F("progress"), percent), lease_until=_lease_end(),
        expected_end_at=ends_at,
    )  # fmt: skip
    return job_lease_state(job=job, lease_owner=lease_owner)


def job_lease_state(*, job: Job, lease_owner: str) -> LeaseState:
    """What is wanted of the worker that holds `lease_owner`. Only reads."""
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
    """Keep the takes, charge for their seconds (never more than was reserved) and return the rest.
    `stage_s`: how long each stage took.

    False: the lease was lost or the user asked to stop, and nothing was written.
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
    # Of audio whose length nobody knew before, the most was reserved that might be made new.
    charged_s = row.effective.get("operation", {}).get("charged_s")
    capture_hold(row, cost_of_takes(row.task, [charged_s or take.duration_s for take in takes]))
    finalize(row, Status.COMPLETED, progress=100, stage="")
    search_document_update(job=row)
    return True


@transaction.atomic
def job_fail(*, job: Job, lease_owner: str, code: str, message: str) -> bool:
    """FAILED, with its credits returned. False: the lease was lost."""
    row = lock_row(Job.objects.leased_to(lease_owner, job))
    if row is None:
        return False
    finalize(row, Status.FAILED, error_code=code[:64], error_message=message[:500])
    return True


@transaction.atomic
def job_mark_cancelled(*, job: Job, lease_owner: str) -> bool:
    """The worker stopped as its user asked: CANCELLED, with its credits returned. False: nobody
    asked, or the lease was lost."""
    row = lock_row(Job.objects.leased_to(lease_owner, job).exclude(cancel_requested_at=None))
    if row is None:
        return False
    finalize(row, Status.CANCELLED)
    return True


def job_release(*, job: Job, lease_owner: str, is_counted: bool = True) -> bool:
    """Put the job back for another worker; after MAX_ATTEMPTS starts it is FAILED instead.
    `is_counted` False: this start was nobody's failure (a stopping server). False: the lease was lost."""
    rows = Job.objects.leased_to(lease_owner, job)
    return requeue_or_fail(rows, EventKind.RETURNED, is_counted=is_counted)


def leases_sweep() -> int:
    """Put back every job whose lease has lapsed, and ring where jobs wait. Returns how many lapsed."""
    now = timezone.now()
    lapsed = [job.id for job in Job.objects.lapsed(now).only("lease_owner") if _release_lapsed(job, now)]
    if lapsed:
        log.warning("Leases had lapsed; put back: %s.", ", ".join(f"job {job_id}" for job_id in lapsed))
    if Job.objects.claimable().exists():
        wake_if_idle()
    return len(lapsed)


def _release_lapsed(job: Job, now: datetime) -> bool:
    """False: somebody ends it just now, or holds what changes with it; the next sweep looks again."""
    rows = Job.objects.lapsed(now).filter(id=job.id, lease_owner=job.lease_owner)
    try:
        return requeue_or_fail(rows, EventKind.LEASE_LAPSED, is_patient=False)
    except DatabaseError:
        log.warning("job %s could not be put back; it is tried again", job.id, exc_info=True)
        return False


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_S)
