"""Takes become files: a FLAC master and the format that was asked for, in Django's default storage."""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from audiomusic.engines.base import TakeResult
from audiomusic.engines.encoding import encode, find_codec, peaks, transcode
from audiomusic.engines.tags import TrackTags, write_tags
from jobs.models import AudioFile, Job, Take

log = logging.getLogger(__name__)

#: Kept of every take: without loss, so that any other format can be made of it later.
MASTER_FORMAT = "flac"


class AudioMissing(Exception):
    """A take has no file to serve or to make another format of."""


@dataclass(frozen=True)
class StoredFile:
    """One file in the storage that has no AudioFile row yet."""

    format: str
    storage_name: str
    byte_count: int
    sha256: str


@dataclass(frozen=True)
class StoredTake:
    """One take whose files are in the storage; `job_finish` turns it into rows."""

    index: int
    seed: int
    duration_s: float
    quality_score: float | None
    lrc_content: str
    score: dict[str, Any] | None
    peaks: list[float]
    files: list[StoredFile]


def store_take(*, job: Job, take_result: TakeResult, tags: TrackTags | None = None) -> StoredTake:
    """Put a take's master and the job's format into the storage; no row is written.

    `tags` are the job's own (`tags_of`) unless given. Either every file is stored or none.
    """
    tags = tags or tags_of(job, index=take_result.index, seed=take_result.seed)
    files: list[StoredFile] = []
    try:
        for format in dict.fromkeys([MASTER_FORMAT, job.format]):
            write = partial(encode, take_result.samples, format=format)
            files.append(_store(job, take_result.index, format, tags, write))
    except BaseException:
        delete_files([file.storage_name for file in files])
        raise
    return StoredTake(
        index=take_result.index,
        seed=take_result.seed,
        duration_s=take_result.duration_s,
        quality_score=take_result.quality_score,
        lrc_content=take_result.lrc or "",
        score=take_result.score,
        peaks=peaks(take_result.samples),
        files=files,
    )


def ensure_format(*, take: Take, format: str) -> AudioFile:
    """The take's file in `format`, made of its master if nobody asked for it before.

    Safe in many processes at once: each makes a file under a name of its own, the one
    whose row comes first wins, the others throw theirs away. Raises AudioMissing where
    there is no master (any more), ValueError for an unknown format.
    """
    if found := take.files.filter(format=format).first():
        return found
    stored = _store_from_master(take, format)
    try:
        with transaction.atomic():
            return AudioFile.objects.create(
                take=take,
                format=stored.format,
                storage_name=stored.storage_name,
                byte_count=stored.byte_count,
                sha256=stored.sha256,
            )
    except IntegrityError:  # somebody was faster, or the job was deleted meanwhile
        delete_files([stored.storage_name])
    if winner := take.files.filter(format=format).first():
        return winner
    raise AudioMissing(f"{take} was deleted while its {format} file was made")


def delete_files(names: Iterable[str]) -> None:
    """Remove files from the storage, and the folders this empties. What is gone already is fine.

    A file that cannot be removed is logged and left to `stray_names`: the others must go.
    """
    for name in names:
        try:
            default_storage.delete(name)
            _remove_empty_folders(name)
        except Exception:  # every storage has errors of its own
            log.exception("the file %s could not be deleted", name)


def stray_names(*, older_than: timedelta, folder: str = "") -> Iterator[str]:
    """Files that no row knows: left by a worker that was killed between storing and finishing.

    Younger ones than `older_than` may still get their row and are passed over.
    """
    try:
        folders, leaves = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet, or it was deleted meanwhile
        return
    for name in folders:
        yield from stray_names(older_than=older_than, folder=f"{folder}{name}/")
    names = [f"{folder}{leaf}" for leaf in leaves]
    known = set(AudioFile.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    youngest = timezone.now() - older_than
    yield from (name for name in names if name not in known and _is_older(name, youngest))


def delete_strays(folder: str, *, older_than: timedelta) -> None:
    """Remove the files in a folder that no row knows (see `stray_names`)."""
    delete_files(list(stray_names(older_than=older_than, folder=folder)))


def delete_unkept(names: Iterable[str]) -> None:
    """Remove those of the files that have no row. Whoever sees a commit fail cannot know whether it
    did: the rows know."""
    wanted = set(names)
    if wanted:
        kept = AudioFile.objects.filter(storage_name__in=wanted).values_list("storage_name", flat=True)
        delete_files(sorted(wanted.difference(kept)))


def job_folder(job: Job) -> str:
    """Where a job's files lie; with a slash at the end."""
    return f"{job.created_at:%Y/%m}/{job.id}/"


def stored_names(folder: str = "") -> Iterator[str]:
    """The name of every file in the storage."""
    try:
        folders, leaves = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet, or it was deleted meanwhile
        return
    yield from (f"{folder}{leaf}" for leaf in leaves)
    for name in folders:
        yield from stored_names(f"{folder}{name}/")


def tags_of(job: Job, *, index: int, seed: int) -> TrackTags:
    """What the job's row knows of a take."""
    return TrackTags(
        title=job.display_name if job.batch_size == 1 else f"{job.display_name} (take {index})",
        caption=job.prompt,
        bpm=job.bpm,
        key=job.keyscale,
        lyrics=job.lyrics,
        seed=seed,
        genre=str(job.effective.get("genre") or job.params.get("genre_preset") or ""),
        language=job.vocal_language,
        date=f"{job.created_at:%Y-%m-%d}",
        software=f"AudioMusic {settings.VERSION}",
    )


def _store_from_master(take: Take, format: str) -> StoredFile:
    find_codec(format)
    master = take.files.filter(format=MASTER_FORMAT).first()
    if master is None or not default_storage.exists(master.storage_name):
        raise AudioMissing(f"{take} has no {MASTER_FORMAT} master to make {format} of")
    tags = tags_of(take.job, index=take.index, seed=take.seed)
    with _local_copy(master.storage_name) as source:
        return _store(take.job, take.index, format, tags, partial(transcode, source, format=format))


def _store(job: Job, index: int, format: str, tags: TrackTags, write: Callable[..., None]) -> StoredFile:
    """Let `write(path=…)` make a local file, tag it and bring it into the storage."""
    leaf = f"take-{index}{find_codec(format).extension}"
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / leaf
        write(path=path)
        write_tags(path, tags)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        name = f"{job_folder(job)}{secrets.token_hex(16)}/{leaf}"
        _bring_in(path, name)
        return StoredFile(format, name, path.stat().st_size, sha256)


def _bring_in(path: Path, name: str) -> None:
    """Copy a local file to `name` in the storage, where it appears whole or not at all.

    An object store does so by itself; a folder of files needs a temporary name first.
    """
    with path.open("rb") as file:
        if not isinstance(default_storage, FileSystemStorage):
            default_storage.save(name, File(file))
            return
        part = f"{name}.part"
        try:
            default_storage.save(part, File(file))
            Path(default_storage.path(part)).replace(default_storage.path(name))
        except BaseException:
            delete_files([part])
            raise


@contextmanager
def _local_copy(name: str) -> Iterator[Path]:
    """A stored file as a path on this machine: the file itself where it lies here."""
    if isinstance(default_storage, FileSystemStorage):
        yield Path(default_storage.path(name))
        return
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / PurePosixPath(name).name
        with default_storage.open(name) as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        yield path


def _is_older(name: str, moment: datetime) -> bool:
    try:
        return default_storage.get_modified_time(name) <= moment
    except FileNotFoundError:  # renamed or deleted meanwhile
        return False


def _remove_empty_folders(name: str) -> None:
    """Remove the folder of a deleted file and of its job, if nothing is left in them."""
    if not isinstance(default_storage, FileSystemStorage):
        return
    for folder in PurePosixPath(name).parents[:2]:
        if str(folder) == "." or not _remove_if_empty(Path(default_storage.path(str(folder)))):
            return


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:  # not empty, or gone
        return False
    return True
