"""Setting and removing the cover of a song."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from audiomusic.accounts.credits.ledger import account_lock
from audiomusic.engines.covers.reading import read_cover
from jobs.covers.models import CoverFile, CoverSize
from jobs.models import Job
from jobs.specs.refusals import JobRefused
from jobs.storage.budgets import StorageBudgetReached, disk_check
from jobs.storage.byte_sizes import size_words
from jobs.storage.files import StorageRefused, delete_files, local_copy
from jobs.storage.orphans import orphan_folder_record
from jobs.storage.takes import NewFile, noted, put_file
from jobs.storage.usage import storage_use

log = logging.getLogger(__name__)

VERSION_CHARS = 16


def cover_set(*, job: Job, path: Path) -> Job:
    """Set the picture at `path` as the song's cover, replacing the drawn or an earlier one.

    Raises PictureUnusable, StorageBudgetReached, DiskAlmostFull, StorageRefused; Job.DoesNotExist if it was
    deleted meanwhile.
    """
    disk_check()
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        pair = read_cover(path, Path(folder))
        version = hashlib.sha256(pair.large.read_bytes()).hexdigest()[:VERSION_CHARS]
        _store(job, dict(zip(CoverSize, pair, strict=True)), version)
    return job


def cover_inherit(*, job: Job, source: Job) -> None:
    """After the commit, copy the source's cover to a song made from it, unless the request gave it a picture
    of its own. A copy, so that it remains when the source is deleted. Without room, or if the picture is
    gone, the song keeps its drawn cover."""
    if source.cover_version and job.thumbnail_url == source.thumbnail_url:
        transaction.on_commit(partial(_copy_cover, job, source), robust=True)  # must not fail the new song


def _copy_cover(job: Job, source: Job) -> None:
    rows = CoverFile.objects.filter(job=source)
    try:
        disk_check()
        with ExitStack() as copies:
            names = {CoverSize(row.format): row.storage_name for row in rows}
            paths = {size: copies.enter_context(local_copy(name)) for size, name in names.items()}
            if len(paths) == len(CoverSize):
                _store(job, paths, source.cover_version)
    except (Job.DoesNotExist, FileNotFoundError, JobRefused, StorageRefused) as error:
        log.info("Job %s has no copy of the cover of job %s: %s", job.pk, source.pk, error)


def _store(job: Job, paths: Mapping[CoverSize, Path], version: str | None) -> None:
    with noted(job):
        files: list[NewFile] = []
        try:
            for size, path in paths.items():
                files.append(put_file(job, path, size))
            _keep(job, files, version)
        except BaseException:
            delete_files([file.storage_name for file in files])
            raise


def cover_clear(*, job: Job) -> Job:
    """Restore the song's generated cover. Idempotent. Raises Job.DoesNotExist."""
    return _keep(job, [], None)


@transaction.atomic
def _keep(job: Job, files: list[NewFile], version: str | None) -> Job:
    """Replace the song's cover files by these; the old ones are deleted after the commit."""
    if files:
        account_lock(user=job.user)  # so a user's pictures are counted one at a time
        _check_room(job, sum(file.byte_count for file in files))
    row = Job.objects.select_for_update(no_key=True).get(id=job.pk)
    earlier = list(CoverFile.objects.filter(job=row))
    if earlier:
        orphan_folder_record(job=row, names=[file.storage_name for file in earlier])
        CoverFile.objects.filter(id__in=[file.pk for file in earlier]).delete()
    CoverFile.objects.bulk_create(CoverFile(job=row, user_id=row.user_id, **asdict(file)) for file in files)
    Job.objects.filter(id=row.pk).update(cover_version=version)
    job.cover_version = version
    return job


def _check_room(job: Job, asked: int) -> None:
    use = storage_use(job.user)
    if use.allowed is not None and use.used + asked > use.allowed:
        left = size_words(max(0, use.allowed - use.used))
        raise StorageBudgetReached(
            f"This picture needs {size_words(asked)}, but only {left} of your {size_words(use.allowed)} "
            "are left. Delete some songs or uploads."
        )
