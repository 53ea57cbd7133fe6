"""Writes caused by users, shared by the API, pages, admin and commands: create, change, retry, cancel,
requeue and delete a job. Writes by workers are in jobs.worker.claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from audiomusic.accounts.credits.ledger import NotEnoughCredits, account_lock, credits_reserve
from audiomusic.accounts.models import User
from audiomusic.db.name_keys import name_key
from jobs.history.models import EventKind
from jobs.history.services import job_event_record, job_events_prune
from jobs.lifecycle import finalize, reference_of, release_hold, requeue_or_fail
from jobs.models import Job, Status
from jobs.search.documents import TEXT_FIELDS, search_document_update
from jobs.specs.build import (
    apply_preset,
    build_song_request,
    clean_title,
    parameters_not_applied,
    request_to_json,
    resolve_engine,
    song_type_of,
    title_from,
)
from jobs.specs.params import GenerationParams
from jobs.specs.refusals import WaitingLimitReached
from jobs.specs.score_tasks import cost_of_takes
from jobs.specs.tags import language_of, save_tags, tags_as_made
from jobs.storage.budgets import bytes_to_reserve, disk_check, storage_budget_check
from jobs.storage.orphans import orphan_folder_record
from jobs.storage.takes import names_of_job
from jobs.wakeup import wake_workers


class JobNotCancellable(Exception):
    """The job is COMPLETED or FAILED, so it cannot be stopped."""


class JobNotRetryable(Exception):
    """Only a FAILED job can be retried."""


class JobNotRequeuable(Exception):
    """Only a running job can be requeued."""


class JobInUse(Exception):
    """Another job uses this one as its source and still needs it."""


@transaction.atomic
def job_create(
    *,
    user: User,
    task: str,
    values: GenerationParams,
    params: Mapping[str, Any],
    notes: Mapping[str, Any] | None = None,
) -> Job:
    """Create a waiting job and reserve its credits. `params`: the request as sent; `notes`: what its task
    stores beside the engine's request.

    Raises NotEnoughCredits, JobRefused if another limit is reached, or LookupError for an engine or preset
    that does not exist.
    """
    disk_check()
    entry = resolve_engine(values.get("model_version"), task)
    values = apply_preset(values)
    request = build_song_request(task, values, entry)
    prompt = values.get("caption", "") or request.query
    effective = request_to_json(request) | {
        "engine": entry.name,
        "engine_version": entry.version,
        "format": values.get("format", "flac"),
        "not_applied": parameters_not_applied(values, request, params, entry),
        **tags_as_made(prompt, request.lyrics, request.genre),
        **(notes or {}),
    }
    job = Job(
        user=user,
        task=task,
        song_type=song_type_of(task, values),
        display_name=clean_title(values.get("display_name", "")) or title_from(prompt),
        prompt=prompt,
        lyrics=request.lyrics,
        thumbnail_url=values.get("thumbnail_url", ""),
        vocal_language=language_of(request.kind, request.vocal_language, request.lyrics, prompt),
        bpm=request.bpm,
        keyscale=request.keyscale or "",
        timesignature=request.timesignature or "",
        format=effective["format"],
        batch_size=len(request.seeds),
        model_version=values.get("model_version", "audiomusic-v2"),
        engine=entry.name,
        params=dict(params),
        effective=effective,
        duration_s=request.duration_s,
        credits_reserved=cost_of_takes(task, [request.max_duration_s] * len(request.seeds)),
        bytes_reserved=bytes_to_reserve(
            duration_s=request.max_duration_s, takes=len(request.seeds), format=effective["format"]
        ),
    )
    return job_submit(job=job)


@transaction.atomic
def job_submit(*, job: Job) -> Job:
    """Save a new job, reserve its credits and queue it: the last step of everything that creates jobs. Raises
    NotEnoughCredits, or JobRefused if a limit is reached."""
    job.save(force_insert=True)
    save_tags(job)
    credits_reserve(user=job.user, amount=job.credits_reserved, reference=reference_of(job))
    _check_waiting(job.user)
    storage_budget_check(user=job.user, asked=job.bytes_reserved or 0)
    search_document_update(job=job)
    transaction.on_commit(wake_workers)
    return job


@transaction.atomic
def job_patch(*, job: Job, display_name: str | None = None, thumbnail_url: str | None = None) -> Job:
    """Rename the job or change its picture; None leaves a field as it is."""
    changes: dict[str, Any] = {}
    if display_name is not None:
        changes["display_name"] = clean_title(display_name)
        changes["name_key"] = name_key(changes["display_name"])
    if thumbnail_url is not None:
        changes["thumbnail_url"] = thumbnail_url
    if changes:
        Job.objects.filter(id=job.id).update(**changes)
        job.refresh_from_db(fields=[*changes, *TEXT_FIELDS])
    if "display_name" in changes:
        search_document_update(job=job)
    return job


@transaction.atomic
def job_retry(*, job: Job) -> Job:
    """Make a FAILED job again with the same seeds. Raises JobNotRetryable for any other job and for one of a
    closed account, and JobRefused if a limit is reached.

    Reserves the credits again that were released when the job failed, and charges them once, when the song is
    finished. If the user has spent them, the retry continues without a reservation.
    """
    disk_check()
    if not User.objects.filter(id=job.user_id, is_active=True).exists():
        raise JobNotRetryable(
            f"Expected a job of an open account, got job {job.id}, whose account is closed."
        )
    reopened = Job.objects.filter(id=job.id, status=Status.FAILED).update(
        status=Status.PENDING, progress=None, stage="", attempts=0, error_code="", error_message="",
        started_at=None, completed_at=None, cancel_requested_at=None,
        bytes_reserved=_bytes_of(job),
    )  # fmt: skip
    job.refresh_from_db()
    if not reopened:
        raise JobNotRetryable(f"Only a FAILED job can be retried; job {job.id} is {job.status}.")
    account_lock(user=job.user)
    storage_budget_check(user=job.user, asked=job.bytes_reserved or 0)
    _check_waiting(job.user)
    _hold_again(job)
    job_event_record(job=job, kind=EventKind.RETRIED)
    job_events_prune(job=job)
    transaction.on_commit(wake_workers)
    return job


def job_play_record(*, job_id: int) -> None:
    """Count one play of one of the job's takes."""
    Job.objects.filter(id=job_id).update(play_count=Coalesce(F("play_count"), 0) + 1)


def _hold_again(job: Job) -> None:
    """Reserve the credits again that were released when the job failed, if the user still has them."""
    amount = job.credits_refunded if not job.credits_charged else 0
    if not amount:
        return
    try:
        with transaction.atomic():
            credits_reserve(user=job.user, amount=amount, reference=reference_of(job))
    except NotEnoughCredits:
        return
    job.credits_refunded -= amount
    Job.objects.filter(id=job.id).update(credits_refunded=job.credits_refunded)


@transaction.atomic
def job_cancel(*, job: Job) -> Job:
    """Cancel a job: a waiting one immediately, a running one as soon as its worker notices. Idempotent.
    Raises JobNotCancellable if it is COMPLETED or FAILED."""
    row = Job.objects.select_for_update().get(id=job.id)
    if row.status in (Status.COMPLETED, Status.FAILED):
        raise JobNotCancellable(f"Job {row.id} is {row.status} and can no longer be cancelled.")
    if row.status == Status.PENDING:
        finalize(row, Status.CANCELLED)
    elif row.status == Status.PROCESSING and row.cancel_requested_at is None:
        Job.objects.filter(id=row.id).update(cancel_requested_at=timezone.now())
        job_event_record(job=row, kind=EventKind.CANCEL_REQUESTED)
    job.refresh_from_db()
    return job


def job_requeue(*, job: Job) -> Job:
    """Take a running job from its worker and put it back into the queue; the attempt does not count. A job
    with a cancel request is cancelled instead. Raises JobNotRequeuable for a job that is not running. The
    worker notices the lost lease and stops."""
    rows = Job.objects.being_made().filter(id=job.id)
    is_taken = requeue_or_fail(rows, EventKind.REQUEUED, is_counted=False)
    job_events_prune(job=job)
    job.refresh_from_db()
    if not is_taken:
        raise JobNotRequeuable(f"Only a PROCESSING job can be requeued; job {job.id} is {job.status}.")
    return job


@transaction.atomic
def job_delete(*, job: Job) -> None:
    """Delete the job and all its files; if it is unfinished, release its credits. Idempotent. Raises JobInUse
    while an unfinished job of its owner uses it as its source.

    A worker that is making it notices the lost lease, stops, and deletes what it has stored.
    """
    row = Job.objects.select_for_update().filter(id=job.id).first()
    if row is None:
        return
    if user_of := row.derived_jobs.unfinished().order_by("id").first():
        raise JobInUse(
            f"Job {row.id} is the source of job {user_of.id}. Delete it when that job is finished, or "
            "cancel that job first."
        )
    orphan_folder_record(job=row, names=names_of_job(row))
    release_hold(row)
    row.delete()


def _bytes_of(job: Job) -> int:
    """Return the bytes the job reserved when it was created; computed for jobs older than reservations."""
    if job.bytes_reserved is not None:
        return job.bytes_reserved
    duration_s = float(job.effective.get("max_duration_s") or job.duration_s or 0)
    return bytes_to_reserve(duration_s=duration_s, takes=job.batch_size, format=job.format)


def _check_waiting(user: User) -> None:
    """Raise WaitingLimitReached if too many songs wait. Call it with the user's credit account locked, as
    after a reservation, so that a user's jobs are checked one at a time."""
    limit = settings.WAITING_LIMIT if user.waiting_limit is None else user.waiting_limit
    if limit == "off":
        return
    count = Job.objects.of_user(user).waiting().order_by().count()
    if count > int(limit):
        raise WaitingLimitReached(
            f"At most {limit} of your songs can wait in the queue. Try again when some are finished."
        )
