"""Every write to a job, for views, pages, admin, workers and commands alike.

A job's row is the truth. Whoever ends it first locks the row and looks whether it still is what
they take it for, so each end, and each settlement of credits, happens exactly once. A worker may
write only while it holds the job's lease: the random word that its claim put into the row.

What a job reserved is held until it is charged or returned (`Job.credits_held`).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from audiomusic.accounts.credits import credits_charge, credits_refund, credits_reserve
from audiomusic.accounts.models import User
from audiomusic.accounts.prices import credits_for
from audiomusic.engines.base import SongResult, Stage
from jobs.leftovers import leftover_note
from jobs.managers import JobQuerySet
from jobs.models import FINISHED, Job, Status
from jobs.outputs import (
    StoredTake,
    names_of_job,
    takes_create,
)
from jobs.queue import nudge, nudge_unless_ringing
from jobs.requests import (
    clean_title,
    draft_request,
    effective_as_made,
    effective_of,
    parameters_not_applied,
    pick_engine,
    song_type_of,
    title_from,
    with_preset,
)
from jobs.search_texts import text_fold
from jobs.signals import job_ended
from jobs.tagging import keep_tags, language_of, tags_as_made
from jobs.wishes import Wishes

log = logging.getLogger(__name__)

ATTEMPTS_EXHAUSTED = (
    "attempts_exhausted",
    "The song was started {attempts} times and each time its worker stopped before it was done.",
)


CANDIDATES = 16  # users looked at for a job to be made beside another
PASSED_OVER_S = 60.0


class WaitingLimitReached(Exception):
    """The user has as many jobs in line as one may have."""


class JobNotCancellable(Exception):
    """The job is COMPLETED or FAILED: there is nothing left to stop."""


class JobNotRetryable(Exception):
    """Only a FAILED job can be made again."""


class JobNotRequeuable(Exception):
    """Only a job that is being made can be taken from its worker."""


class Verdict(StrEnum):
    """What a worker should do about the song it is making."""

    GO_ON = "go on"
    CANCEL = "cancel"  # its user asked for it
    LOST = "lost"  # the lease is another's, or the job is gone


# Making and changing


@transaction.atomic
def job_create(*, user: User, task: str, wishes: Wishes, params: Mapping[str, Any]) -> Job:
    """A waiting job with its credits reserved. `params`: the request as it was sent.

    Raises NotEnoughCredits, WaitingLimitReached, or LookupError for an engine or a preset that does
    not exist.
    """
    entry = pick_engine(wishes.get("model_version"), task)
    wishes = with_preset(wishes)
    request = draft_request(task, wishes, entry)
    prompt = wishes.get("prompt", "") or request.query
    effective = effective_of(request) | {
        "engine": entry.name,
        "engine_version": entry.version,
        "format": wishes.get("format", "flac"),
        "not_applied": parameters_not_applied(wishes, request, params, entry),
        **tags_as_made(prompt, request.lyrics, request.genre),
    }
    job = Job.objects.create(
        user=user,
        task=task,
        song_type=song_type_of(task, wishes),
        display_name=clean_title(wishes.get("display_name", "")) or title_from(prompt),
        prompt=prompt,
        lyrics=request.lyrics,
        thumbnail_url=wishes.get("thumbnail_url", ""),
        vocal_language=language_of(request.kind, request.vocal_language, request.lyrics, prompt),
        bpm=request.bpm,
        keyscale=request.keyscale or "",
        timesignature=request.timesignature or "",
        format=effective["format"],
        batch_size=len(request.seeds),
        model_version=wishes.get("model_version", "audiomusic-v2"),
        engine=entry.name,
        params=dict(params),
        effective=effective,
        duration_s=request.duration_s,
        credits_reserved=credits_for(request.max_duration_s) * len(request.seeds),
    )
    keep_tags(job)
    credits_reserve(user=user, amount=job.credits_reserved, reference=reference_of(job))
    _check_waiting(user)
    text_fold(job=job)
    transaction.on_commit(nudge)
    return job


@transaction.atomic
def job_patch(*, job: Job, display_name: str | None = None, thumbnail_url: str | None = None) -> Job:
    """Rename the job or change its picture; None leaves a field as it is."""
    changes: dict[str, Any] = {}
    if display_name is not None:
        changes["display_name"] = clean_title(display_name)
    if thumbnail_url is not None:
        changes["thumbnail_url"] = thumbnail_url
    if changes:
        Job.objects.filter(id=job.id).update(**changes)
        job.refresh_from_db(fields=[*changes, "prompt", "lyrics"])
    if "display_name" in changes:
        text_fold(job=job)
    return job


@transaction.atomic
def job_retry(*, job: Job) -> Job:
    """Make a FAILED job again, with the same seeds. Raises JobNotRetryable for any other.

    Its credits came back when it failed; a retry neither reserves nor charges any, whatever
    the balance is by now.
    """
    reopened = Job.objects.filter(id=job.id, status=Status.FAILED).update(
        status=Status.PENDING, progress=None, stage="", attempts=0, error_code="", error_message="",
        started_at=None, completed_at=None, cancel_requested_at=None,
    )  # fmt: skip
    job.refresh_from_db()
    if not reopened:
        raise JobNotRetryable(f"Only a FAILED job can be retried; job {job.id} is {job.status}.")
    transaction.on_commit(nudge)
    return job


@transaction.atomic
def job_cancel(*, job: Job) -> Job:
    """Stop a job: a waiting one at once, a running one as soon as its worker looks. Repeatable.

    Raises JobNotCancellable when it is COMPLETED or FAILED.
    """
    row = Job.objects.select_for_update().get(id=job.id)
    if row.status in (Status.COMPLETED, Status.FAILED):
        raise JobNotCancellable(f"Job {row.id} is {row.status} and can no longer be cancelled.")
    if row.status == Status.PENDING:
        _end(row, Status.CANCELLED)
    elif row.status == Status.PROCESSING and row.cancel_requested_at is None:
        Job.objects.filter(id=row.id).update(cancel_requested_at=timezone.now())
    job.refresh_from_db()
    return job


def job_requeue(*, job: Job) -> Job:
    """Take a job from the worker that makes it, or is stuck with it, and put it back into the queue;
    the start does not count. One that was to be cancelled is cancelled. Raises JobNotRequeuable for a
    job that nobody makes. The worker notices the lost lease and stops."""
    is_taken = _release(Job.objects.being_made().filter(id=job.id), is_counted=False)
    job.refresh_from_db()
    if not is_taken:
        raise JobNotRequeuable(f"Only a PROCESSING job can be requeued; job {job.id} is {job.status}.")
    return job


@transaction.atomic
def job_delete(*, job: Job) -> None:
    """The job and every file of it go; unfinished, its credits come back. Repeatable.

    A worker that is making it notices the lost lease, stops, and removes what it has stored.
    """
    row = Job.objects.select_for_update().filter(id=job.id).first()
    if row is None:
        return
    leftover_note(job=row, names=names_of_job(row))
    _refund(row)
    row.delete()


# The worker's side


def job_claim(*, owner_word: str | None = None) -> Job | None:
    """The next waiting job, now leased to the caller, or None. `owner_word`: a word that no other
    claim uses; it is drawn where none is given."""
    while (job_id := Job.objects.next_waiting_id()) is not None:
        if job := _claim(job_id, owner_word):  # else another worker was quicker
            return job
    return None


def job_claim_beside(*, accepts: Callable[[Job], bool], owner_word: str | None = None) -> Job | None:
    """As `job_claim`, but of those whose turn is next the first that `accepts` takes: what may be
    made together with a song that the caller has already. None where there is none, or where one
    that would be passed over has waited for PASSED_OVER_S: then it is really its turn."""
    for job in Job.objects.next_waiting(CANDIDATES):
        if accepts(job):
            if claimed := _claim(job.id, owner_word):
                return claimed
        elif timezone.now() - job.created_at > timedelta(seconds=PASSED_OVER_S):
            return None
    return None


def _claim(job_id: int, owner_word: str | None) -> Job | None:
    claimed = Job.objects.waiting().filter(id=job_id).update(
        status=Status.PROCESSING, stage="planning", progress=0, attempts=F("attempts") + 1,
        started_at=timezone.now(), lease_owner=owner_word or secrets.token_hex(12), lease_until=_lease_end(),
    )  # fmt: skip
    return Job.objects.select_related("user").filter(id=job_id).first() if claimed else None


def job_heartbeat(*, job: Job, lease_owner: str) -> bool:
    """Renew the lease. False: it was lost."""
    return Job.objects.leased_to(lease_owner, job).update(lease_until=_lease_end()) == 1


def job_progress(*, job: Job, lease_owner: str, stage: str, share: float) -> Verdict:
    """Note how far the song is (`share` 0..1, never falling), renew the lease, and hear what is wanted.
    100 % is for songs that can be heard: until it is finished a job stays at 99."""
    percent = min(99, max(0, int(100 * share)))
    Job.objects.leased_to(lease_owner, job).update(
        stage=stage, progress=Greatest(F("progress"), percent), lease_until=_lease_end()
    )
    return job_verdict(job=job, lease_owner=lease_owner)


def job_verdict(*, job: Job, lease_owner: str) -> Verdict:
    """What is wanted of the worker that holds `lease_owner`. Only reads."""
    row = Job.objects.leased_to(lease_owner, job).values_list("cancel_requested_at").first()
    if row is None:
        return Verdict.LOST
    return Verdict.CANCEL if row[0] else Verdict.GO_ON


@transaction.atomic
def job_finish(
    *,
    job: Job,
    lease_owner: str,
    result: SongResult,
    takes: Sequence[StoredTake],
    stage_s: Mapping[Stage, float] | None = None,
) -> bool:
    """Keep the takes, charge for their seconds (never more than was reserved) and return the rest.
    `stage_s`: how long each stage took.

    False: the lease was lost or the user asked to stop, and nothing was written.
    """
    row = _locked(Job.objects.leased_to(lease_owner, job).filter(cancel_requested_at=None))
    if row is None:
        return False
    first = min(takes, key=lambda take: take.index)
    takes_create(job=row, takes=takes)
    if result.title and row.display_name == title_from(row.prompt):
        row.display_name = clean_title(result.title)
    asked, caption = row.effective, f"{row.prompt}\n{result.caption}"
    tags = tags_as_made(caption, result.lyrics, asked.get("genre"))
    row.effective = effective_as_made(asked, result) | tags
    keep_tags(row, earlier=asked)
    row.lyrics = result.lyrics
    row.bpm = result.bpm
    row.keyscale = result.keyscale or ""
    row.timesignature = result.timesignature or ""
    row.vocal_language = language_of(asked["kind"], result.vocal_language, result.lyrics, row.prompt)
    row.duration_s = first.duration_s
    row.lrc_content = first.lrc_content
    row.quality_score = first.quality_score
    row.stage_s = dict(stage_s) if stage_s else None
    _charge(row, sum(credits_for(take.duration_s) for take in takes))
    _end(row, Status.COMPLETED, progress=100, stage="")
    text_fold(job=row)
    return True


@transaction.atomic
def job_fail(*, job: Job, lease_owner: str, code: str, message: str) -> bool:
    """FAILED, with its credits returned. False: the lease was lost."""
    row = _locked(Job.objects.leased_to(lease_owner, job))
    if row is None:
        return False
    _end(row, Status.FAILED, error_code=code[:64], error_message=message[:500])
    return True


@transaction.atomic
def job_cancelled(*, job: Job, lease_owner: str) -> bool:
    """The worker stopped as its user asked: CANCELLED, with its credits returned. False: nobody
    asked, or the lease was lost."""
    row = _locked(Job.objects.leased_to(lease_owner, job).exclude(cancel_requested_at=None))
    if row is None:
        return False
    _end(row, Status.CANCELLED)
    return True


def job_release(*, job: Job, lease_owner: str, is_counted: bool = True) -> bool:
    """Put the job back for another worker; after MAX_ATTEMPTS starts it is FAILED instead.
    `is_counted` False: this start was nobody's failure (a stopping server). False: the lease was lost."""
    return _release(Job.objects.leased_to(lease_owner, job), is_counted=is_counted)


def leases_sweep() -> int:
    """Put back every job whose lease has lapsed, and ring where jobs wait. Returns how many lapsed."""
    now = timezone.now()
    lapsed = [
        job.id
        for job in Job.objects.lapsed(now).only("lease_owner")
        if _release(Job.objects.lapsed(now).filter(id=job.id, lease_owner=job.lease_owner))
    ]
    if lapsed:
        log.warning("Leases had lapsed; put back: %s.", ", ".join(f"job {job_id}" for job_id in lapsed))
    if Job.objects.waiting().exists():
        nudge_unless_ringing()
    return len(lapsed)


# What they share


def _check_waiting(user: User) -> None:
    """Raises WaitingLimitReached. After the reservation: that lets one job of a user in at a time."""
    limit = settings.WAITING_LIMIT if user.waiting_limit is None else user.waiting_limit
    if limit == "off":
        return
    count = Job.objects.of_user(user).waiting().order_by().count()
    if count > int(limit):
        raise WaitingLimitReached(
            f"At most {limit} of your songs may wait in line; ask again when some are made."
        )


@transaction.atomic
def _release(rows: JobQuerySet, *, is_counted: bool = True) -> bool:
    row = _locked(rows)
    if row is None:
        return False
    code, message = ATTEMPTS_EXHAUSTED
    if row.cancel_requested_at:
        _end(row, Status.CANCELLED)
    elif is_counted and row.attempts >= settings.MAX_ATTEMPTS:
        _end(row, Status.FAILED, error_code=code, error_message=message.format(attempts=row.attempts))
    else:
        leftover_note(job=row)
        Job.objects.filter(id=row.id).update(
            status=Status.PENDING, progress=None, stage="", lease_owner="", lease_until=None,
            # A start that counts was its user's turn: others come before the next one.
            started_at=row.started_at if is_counted else None, attempts=row.attempts - (not is_counted),
        )  # fmt: skip
        transaction.on_commit(nudge)
    return True


def _locked(rows: JobQuerySet) -> Job | None:
    """The row, which nobody else can change before this transaction ends, or None.
    (SQLite has no row locks; there BEGIN IMMEDIATE has locked everything already.)"""
    return rows.select_for_update(of=("self",)).select_related("user").first()


def _end(row: Job, status: Status, **changes: Any) -> None:
    """Write the last state of a locked row, return what it still holds, and tell who listens."""
    if status not in FINISHED:
        raise ValueError(f"a job ends in one of {', '.join(FINISHED)}, not in {status}")
    for name, value in changes.items():
        setattr(row, name, value)
    row.status = status
    row.completed_at = timezone.now()
    row.lease_owner, row.lease_until = "", None
    _refund(row)
    row.save()
    _tell(row)
    if row.attempts > 1 or (row.attempts and status != Status.COMPLETED):
        leftover_note(job=row)


def _tell(row: Job) -> None:
    try:
        with transaction.atomic():  # a savepoint: a listener's mistake must not undo the end
            job_ended.send(sender=Job, job=row)
    except Exception:
        log.exception("job %s ended as %s, but a listener failed", row.id, row.status)


def _charge(row: Job, cost: int) -> None:
    held = row.credits_held
    if held:
        amount = min(held, cost)
        credits_charge(user=row.user, reference=reference_of(row), reserved=held, amount=amount)
        row.credits_charged += amount
        row.credits_refunded += held - amount


def _refund(row: Job) -> None:
    if row.credits_held:
        credits_refund(user=row.user, reference=reference_of(row), amount=row.credits_held)
        row.credits_refunded += row.credits_held


def reference_of(job: Job) -> str:
    return f"job:{job.id}"


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_S)
