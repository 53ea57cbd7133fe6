"""Files that no row knows any more, or never did: a worker was killed between storing and finishing,
whoever deleted a job before its files were gone, whoever made another format before its row was there.

That there may be such files is written in the transaction that leaves them, so it is known for as long as
it is true. The job's folder is looked through at once, and again when a worker that still held the job
has noticed that it lost it; while the storage refuses, ever again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs.models import Job, Leftover, Status
from jobs.outputs import COPY_TIME, delete_strays, job_folder

log = logging.getLogger(__name__)

REFUSED_FOR = timedelta(seconds=60)  # how long a storage that refuses is left alone
AT_ONCE = 50  # folders that one sweep looks through


def leftover_note(*, job: Job) -> None:
    """In the folder of this job files may be left. Call it in the transaction that leaves them."""
    folder = job_folder(job)
    look_at = timezone.now() + timedelta(seconds=settings.LEASE_S)
    Leftover.objects.create(job_id=job.id, folder=folder, look_at=look_at)
    job_id = job.id  # a deleted job has none
    transaction.on_commit(lambda: _clear_or_log(job_id, folder))


def leftovers_due() -> bool:
    return Leftover.objects.filter(look_at__lte=timezone.now()).exists()


def leftovers_sweep() -> int:
    """Look through the folders whose time has come. Returns how many are done with."""
    done = 0
    for leftover in Leftover.objects.filter(look_at__lte=timezone.now()).order_by("look_at")[:AT_ONCE]:
        if not _clear_or_log(leftover.job_id, leftover.folder):
            Leftover.objects.filter(id=leftover.id).update(look_at=timezone.now() + REFUSED_FOR)
            break
        leftover.delete()
        done += 1
    return done


def _clear_or_log(job_id: int, folder: str) -> bool:
    """Never raises: what was committed stays so, and the folder is looked through again."""
    try:
        return _clear(job_id, folder)
    except Exception:  # every storage has errors of its own
        log.exception("the folder %s could not be looked through", folder)
        return False


def _clear(job_id: int, folder: str) -> bool:
    """Remove what no row knows, but for what is being made now. False: something could not be removed."""
    moment = timezone.now()  # before the look: a song that is begun after it stores its files later
    since = _since(job_id, moment)
    return delete_strays(folder, older_than=timezone.now() - since)


def _since(job_id: int, now: datetime) -> datetime:
    """Since when files were stored that may get their rows yet: the song's that is being made, or another
    format's of a finished one."""
    job = Job.objects.filter(id=job_id, status__in=(Status.PROCESSING, Status.COMPLETED)).first()
    if job is None or job.started_at is None:
        return now
    return job.started_at if job.status == Status.PROCESSING else max(job.started_at, now - COPY_TIME)
