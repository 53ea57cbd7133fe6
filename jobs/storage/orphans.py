"""Files that no row knows any more, or never did: a worker was killed between storing and finishing,
a process that deleted a job before its files were gone, or made another format before its row was there.

That there may be such files is written in the transaction that leaves them, so it is known for as long as
it is true. The job's folder is looked through at once, again when a worker that still held the job has
noticed that it lost it, and then until nothing is left.
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

LOOK_AGAIN = timedelta(seconds=60)  # where the storage refused, or a file may be in the making
NO_JOB = 0
AT_ONCE = 50  # folders that one sweep looks through


class Found(Enum):
    """What is left in a folder after it was looked through."""

    NOTHING = auto()
    FILES = auto()  # which get their rows, or are old enough one day
    REFUSAL = auto()


def orphan_folder_record(*, job: Job, names: Sequence[str] = ()) -> None:
    """In the folder of this job files may be left, and `names` surely are. Call it in the transaction that
    leaves them."""
    folder = job_folder(job)
    OrphanFolder.objects.create(job_id=job.id, folder=folder, look_at=_not_held_any_more())
    job_id = job.id  # a deleted job has none
    transaction.on_commit(lambda: delete_files(names) and _clear_or_log(job_id, folder))


@contextmanager
def folder_note(folder: str) -> Iterator[None]:
    """Meanwhile it is known that a file in this folder may be left behind by a process that is killed."""
    note = OrphanFolder.objects.create(job_id=NO_JOB, folder=folder, look_at=timezone.now() + COPY_TIME)
    try:
        yield
    finally:
        note.delete()


def folder_orphan(folder: str, names: Sequence[str]) -> None:
    """As `orphan_folder_record`, of a folder that is no job's and that nothing is stored in any more."""
    OrphanFolder.objects.create(job_id=NO_JOB, folder=folder, look_at=timezone.now())
    transaction.on_commit(lambda: delete_files(names) and _clear_or_log(NO_JOB, folder))


def _not_held_any_more() -> datetime:
    """When a worker that still held the job has noticed that it lost it."""
    return timezone.now() + timedelta(seconds=settings.LEASE_S)


def record_deletion(sender: type[Job], instance: Job, origin: object, **signal: object) -> None:
    """A job goes with something else, such as its user, past `job_delete`: its files are left to the sweep,
    for there may be thousands of such jobs. Sent inside the transaction that deletes them."""
    if origin is not instance:
        OrphanFolder.objects.create(
            job_id=instance.id, folder=job_folder(instance), look_at=_not_held_any_more()
        )


def orphans_due() -> bool:
    return OrphanFolder.objects.filter(look_at__lte=timezone.now()).exists()


def orphans_sweep() -> int:
    """Look through the folders whose time has come. Returns how many are done with."""
    done = 0
    for orphan in OrphanFolder.objects.filter(look_at__lte=timezone.now()).order_by("look_at")[:AT_ONCE]:
        found = _clear_or_log(orphan.job_id, orphan.folder)
        if found is Found.NOTHING:
            orphan.delete()
            done += 1
            continue
        OrphanFolder.objects.filter(id=orphan.id).update(look_at=timezone.now() + LOOK_AGAIN)
        if found is Found.REFUSAL:
            break  # the storage would refuse the next as well
    return done


def _clear_or_log(job_id: int, folder: str) -> Found:
    """Never raises: what was committed stays so, and the folder is looked through again."""
    try:
        return _clear(job_id, folder)
    except Exception:  # every storage has errors of its own
        log.exception("the folder %s could not be looked through", folder)
        return Found.REFUSAL


def _clear(job_id: int, folder: str) -> Found:
    """Remove what no row knows, but for what may be in the making."""
    moment = timezone.now()  # before the look: a song that is begun after it stores its files later
    if not delete_strays(folder, stored_before=_since(job_id, moment)):
        return Found.REFUSAL
    is_empty = next(stray_names(older_than=timedelta(0), folder=folder), None) is None
    return Found.NOTHING if is_empty else Found.FILES


def _since(job_id: int, now: datetime) -> datetime:
    """Since when files were stored that may get their rows yet: the song's that is being made, or another
    format's of a finished one."""
    job = Job.objects.filter(id=job_id, status__in=(Status.PROCESSING, Status.COMPLETED)).first()
    if job is None or job.started_at is None:
        return now
    return job.started_at if job.status == Status.PROCESSING else max(job.started_at, now - COPY_TIME)
