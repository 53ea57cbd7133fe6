"""Storing and deleting external files."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from audiomusic.accounts.credits.ledger import account_lock
from audiomusic.accounts.models import User
from audiomusic.engines.foreign.decoding import DecodedAudio, decode
from jobs.models import Job
from jobs.specs.refusals import JobRefused, SourceNotFound
from jobs.storage.budgets import StorageBudgetReached, disk_check
from jobs.storage.byte_sizes import size_words
from jobs.storage.files import atomic_copy, delete_files
from jobs.storage.orphans import folder_note, folder_orphan
from jobs.storage.usage import storage_use
from jobs.uploads.limits import decode_bounds, max_user_bytes
from jobs.uploads.models import SourceFile, SourceUse

FOLDER = "sources"
AT_ONCE = 100  # deleted per clean-up


class UploadsFull(JobRefused):
    """The user has reached the maximum number, or total size, of files."""


class SourceInUse(Exception):
    """A job was made from the file, and can be made again from it."""


def source_create(
    *, user: User, path: Path, file_name: str, origin: SourceFile.Origin, address: str = ""
) -> SourceFile:
    """Store the file at `path` unchanged, after decoding it once within limits.

    Raises SourceUnusable if it is not audio, or too long; UploadsFull, DiskAlmostFull, StorageRefused.
    """
    disk_check()
    _check_room(user, path.stat().st_size)  # before expensive work; repeated under the lock
    with _read(path) as audio, path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    folder = f"{FOLDER}/{user.pk}/{secrets.token_hex(16)}/"
    name = f"{folder}sound.{audio.kind}"
    with folder_note(folder):
        atomic_copy(path, name)
        try:
            with transaction.atomic():
                account_lock(user=user)  # so a user's files are counted one at a time
                _check_room(user, path.stat().st_size)
                return SourceFile.objects.create(
                    user=user,
                    origin=origin,
                    storage_name=name,
                    byte_count=path.stat().st_size,
                    sha256=sha256,
                    expires_at=timezone.now() + timedelta(hours=settings.UPLOAD_HOURS),
                    file_name=file_name[:200] or f"sound.{audio.kind}",
                    address=address[:300],
                    format=audio.kind,
                    samples_sha256=audio.sha256,
                    duration_s=round(audio.duration_s, 4),
                    sample_rate_hz=audio.sample_rate_hz,
                    channels=audio.channels,
                )
        except BaseException:
            delete_files([name])
            raise


@contextmanager
def _read(path: Path) -> Iterator[DecodedAudio]:
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        yield decode(path, Path(folder) / "sound.wav", decode_bounds())


def _check_room(user: User, asked: int) -> None:
    """Raise UploadsFull, or StorageBudgetReached if songs and uploads together leave no room. Files that jobs
    need count too: they take the same room."""
    use = storage_use(user)
    if use.allowed is not None and use.used + asked > use.allowed:
        left = size_words(max(0, use.allowed - use.used))
        raise StorageBudgetReached(
            f"This file has {size_words(asked)}, but only {left} of your {size_words(use.allowed)} are "
            "left. Delete some songs or uploads."
        )
    kept = SourceFile.objects.of_user(user)
    if kept.count() >= settings.UPLOADS_COUNT:
        raise UploadsFull(
            f"You already have {settings.UPLOADS_COUNT} files, the maximum. Delete some, or delete songs "
            "made from them."
        )
    allowed = max_user_bytes()
    if allowed is None:
        return
    used = kept.aggregate(total=Sum("byte_count"))["total"] or 0
    if used + asked > allowed:
        raise UploadsFull(
            f"This file has {size_words(asked)}, but only {size_words(max(0, allowed - used))} of the "
            f"{size_words(allowed)} for your uploads are left. Delete some, or delete songs made from them."
        )


@transaction.atomic
def source_use_create(*, job: Job, source: SourceFile) -> SourceUse:
    """Keep the file as long as the job. Raises SourceNotFound if it was deleted."""
    row = SourceFile.objects.select_for_update(no_key=True).filter(id=source.id, user=job.user).first()
    if row is None:
        raise SourceNotFound
    return SourceUse.objects.create(job=job, source=row)


def source_use_inherit(*, job: Job, parent: Job) -> None:
    """If `parent` contains audio of an external file, so does `job`: keep the file for both."""
    use = SourceUse.objects.filter(job=parent).select_related("source").first()
    if use is not None and parent.effective.get("is_pieced"):
        source_use_create(job=job, source=use.source)


@transaction.atomic
def source_delete(*, source: SourceFile) -> None:
    """Delete the file and its row. Idempotent. Raises SourceInUse while a job needs it."""
    row = SourceFile.objects.select_for_update().filter(id=source.id).first()
    if row is None:
        return
    if use := row.uses.order_by("id").first():
        raise SourceInUse(f"Job {use.job_id} was made from this file; delete that job first.")
    row.delete()


def record_source_deletion(sender: type[SourceFile], instance: SourceFile, **signal: object) -> None:
    """Delete the file of a deleted row after the commit, or in the sweep, however the row was deleted, also
    with its user. Called inside the deleting transaction."""
    folder_orphan(instance.storage_name.rpartition("/")[0] + "/", [instance.storage_name])


def sources_prune(*, at_once: int = AT_ONCE) -> int:
    """Delete expired files that no job needs. Return how many."""
    count = 0
    for source in SourceFile.objects.lapsed().order_by("expires_at")[:at_once]:
        try:
            source_delete(source=source)
        except SourceInUse:  # a job started to use it meanwhile
            continue
        count += 1
    return count
