"""Access to the storage of audio and scores, a folder or a bucket, with one exception for all its errors."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

log = logging.getLogger(__name__)


class StorageRefused(Exception):
    """The storage failed to read, write or look up a file. The message is the storage's own."""


@contextmanager
def asking_storage() -> Iterator[None]:
    """Turn every storage error into StorageRefused, except FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        raise StorageRefused(str(error).strip() or type(error).__name__) from error


def is_stored(name: str) -> bool:
    """Whether the storage has the file. Raises StorageRefused."""
    with asking_storage():
        return bool(default_storage.exists(name))


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """Give a stored file as a local path: the file itself if it is stored on this machine, else a temporary
    copy. Raises StorageRefused."""
    if isinstance(default_storage, FileSystemStorage):
        yield Path(default_storage.path(name))
        return
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / PurePosixPath(name).name
        with asking_storage(), default_storage.open(name) as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        yield path


def atomic_copy(path: Path, name: str) -> None:
    """Copy a local file to `name` in the storage, where it appears whole or not at all.

    An object store guarantees this; a folder needs a temporary name first.
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


def is_older(name: str, moment: datetime) -> bool:
    """Whether a file was stored by that moment; False if it no longer exists. Raises the storage's errors."""
    try:
        return default_storage.get_modified_time(name) <= moment
    except Exception:  # each bucket has its own error for a missing file
        with asking_storage():
            if default_storage.exists(name):
                raise
        return False  # renamed or deleted meanwhile


def delete_files(names: Iterable[str]) -> bool:
    """Delete files from the storage, and the folders this empties. Missing files are ignored.

    A file that cannot be deleted is logged and left to `stray_names`, so that the others are deleted. Return
    False if there was such a file.
    """
    are_gone = True
    for name in names:
        try:
            default_storage.delete(name)
            _remove_empty_folders(name)
        except Exception:  # each storage has its own errors
            log.exception("the file %s could not be deleted", name)
            are_gone = False
    return are_gone


def _remove_empty_folders(name: str) -> None:
    """Delete the folders of a deleted file and of its job if they are empty."""
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
