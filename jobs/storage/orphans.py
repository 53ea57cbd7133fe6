"""Orphaned files, which have no row (any more): left by a worker that was killed between storing and
finishing, or by a process that deleted a job before its files, or stored another format before its row.

That there may be such files is recorded in the transaction that may leave them, so the record exists exactly
as long as the possibility. The job's folder is checked at once, again when a worker that still held the job
has noticed that it lost it, and then until nothing is left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.models import Job, OrphanFolder, Status
from jobs.storage.files import delete_files
from jobs.storage.takes import COPY_TIME, delete_strays, job_folder, stray_names

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(seconds=60)  # if the storage refused, or a file may be in progress
NO_JOB = 0
AT_ONCE = 50  # folders checked per sweep


class Found(Enum):
    """What is left in a folder after a check."""

    NOTHING = auto()
    FILES = auto()  # which will get their rows, or become old enough
    REFUSAL = auto()


def orphan_folder_record(*, job: Job, names: Sequence[str] = ()) -> None:
    """Record that this job's folder may hold orphaned files, and that `names` certainly are. Call it in the
    transaction that leaves them."""
    folder = job_folder(job)
    OrphanFolder.objects.create(job_id=job.id, folder=folder, look_at=_not_held_any_more())
    job_id = job.id  # a deleted job has no id
    transaction.on_commit(lambda: delete_files(names) and _clear_or_log(job_id, folder))


@contextmanager
def folder_note(folder: str) -> Iterator[None]:
    """Record for the duration of the context that a killed process may leave a file in this folder."""
    note = OrphanFolder.objects.create(job_id=NO_JOB, folder=folder, look_at=timezone.now() + COPY_TIME)
    try:
        yield
    finally:
        note.delete()


def folder_orphan(folder: str, names: Sequence[str]) -> None:
    """Like `orphan_folder_record`, for a folder that belongs to no job and in which nothing is stored any
    more."""
    OrphanFolder.objects.create(job_id=NO_JOB, folder=folder, look_at=timezone.now())
    transaction.on_commit(lambda: delete_files(names) and _clear_or_log(NO_JOB, folder))


def _not_held_any_more() -> datetime:
    """Return when a worker that still held the job will have noticed that it lost it."""
    return timezone.now() + timedelta(seconds=settings.LEASE_S)


def record_deletion(sender: type[Job], instance: Job, origin: object, **signal: object) -> None:
    """Record the folder of a job that is deleted with something else, such as its user, and not by
    `job_delete`. Its files are left to the sweep, because there may be thousands of such jobs. Called inside
    the deleting transaction."""
    if origin is not instance:
        OrphanFolder.objects.create(
            job_id=instance.id, folder=job_folder(instance), look_at=_not_held_any_more()
        )


def orphans_due() -> bool:
    return OrphanFolder.objects.filter(look_at__lte=timezone.now()).exists()


def orphans_sweep() -> int:
    """Check the folders that are due. Return how many are done."""
    done = 0
    for orphan in OrphanFolder.objects.filter(look_at__lte=timezone.now()).order_by("look_at")[:AT_ONCE]:
        found = _clear_or_log(orphan.job_id, orphan.folder)
        if found is Found.NOTHING:
            orphan.delete()
            done += 1
            continue
        OrphanFolder.objects.filter(id=orphan.id).update(look_at=timezone.now() + LOOK_AGAIN)
        if found is Found.REFUSAL:
            break  # the storage would refuse the next one too
    return done


def _clear_or_log(job_id: int, folder: str) -> Found:
    """Clear the folder. Never raises: what was committed stays, and the folder is checked again."""
    try:
        return _clear(job_id, folder)
    except Exception:  # each storage has its own errors
        log.exception("the folder %s could not be looked through", folder)
        return Found.REFUSAL


def _clear(job_id: int, folder: str) -> Found:
    """Delete files without a row, except those that may be in progress."""
    moment = timezone.now()  # before the check: a song that starts later also stores its files later
    if not delete_strays(folder, stored_before=_since(job_id, moment)):
        return Found.REFUSAL
    is_empty = next(stray_names(older_than=timedelta(0), folder=folder), None) is None
    return Found.NOTHING if is_empty else Found.FILES


def _since(job_id: int, now: datetime) -> datetime:
    """Return the time before which a stored file gets no row any more: the start of the song that is being
    made, or the earliest start of a conversion of a finished one."""
    job = Job.objects.filter(id=job_id, status__in=(Status.PROCESSING, Status.COMPLETED)).first()
    if job is None or job.started_at is None:
        return now
    return job.started_at if job.status == Status.PROCESSING else max(job.started_at, now - COPY_TIME)
