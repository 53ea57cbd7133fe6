"""One web server a data folder: a second start would count, clean and collect beside the first."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "serve.lock"  # followed by the host's name where several may share the folder
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)


class FolderInUse(Exception):
    """Another server serves this folder. The text says which."""


@contextmanager
def start_lock(folder: Path, *, host: str = "") -> Iterator[None]:
    """Hold the folder until the end; with `host`, against other starts on that host alone.

    The kernel lets go of it with the process, so what a killed one left is no obstacle; children are started
    without it. Raises FolderInUse, and OSError where no file can be made. A file system without locks, as
    some that are shared over a network, is served unlocked.
    """
    path = folder / (f"{NAME}.{host}" if host else NAME)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                raise FolderInUse(_sentence(folder, os.pread(file, 20, 0))) from None
            log.warning("%s cannot be locked: %s.", path, error.strerror)
        os.truncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)  # and with it the lock goes


def _sentence(folder: Path, content: bytes) -> str:
    number = content.strip().decode(errors="ignore")
    process = f" (process {number})" if number.isdecimal() else ""
    return (
        f"Another AudioMusic{process} already uses {folder}. Stop it first, or choose another folder with "
        "AUDIOMUSIC_DATA_DIR=…"
    )
