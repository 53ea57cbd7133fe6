"""A lock that allows one web server per data folder: a second one would repeat its counting, cleaning and
collecting.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "serve.lock"  # with the host name as suffix if several hosts may share the folder
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES)


class FolderInUse(Exception):
    """Another server uses this folder; the message says which."""


@contextmanager
def start_lock(folder: Path, *, host: str = "") -> Iterator[None]:
    """Lock the folder inside the context; with `host`, only against other starts on that host.

    The kernel releases the lock with the process, so a killed process does not block a start; children do not
    inherit it. Raises FolderInUse, or OSError if the file cannot be created. On a file system without locks,
    such as some network file systems, the server runs without one.
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
        os.close(file)  # also releases the lock


def _sentence(folder: Path, content: bytes) -> str:
    number = content.strip().decode(errors="ignore")
    process = f" (process {number})" if number.isdecimal() else ""
    return (
        f"Another AudioMusic{process} already uses {folder}. Stop it first, or choose another folder with "
        "AUDIOMUSIC_DATA_DIR=…"
    )
