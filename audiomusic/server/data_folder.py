"""Permissions of the data folder, which only its owner can open: it contains everyone's songs and the secret
key.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

PRIVATE_UMASK = 0o077
FOLDER_MODE, FILE_MODE = 0o700, 0o600
OPEN_TO_OTHERS = 0o077
NOT_A_FILES = 0o177  # permissions that no file there needs: any for others, and execute


@dataclass
class Mended:
    """The result of making a folder private."""

    count: int = 0
    refused: list[tuple[Path, str]] = field(default_factory=list)  # (path, reason)

    @property
    def sentence(self) -> str:
        """The first failure as a sentence; empty if everything is private."""
        if not self.refused:
            return ""
        path, reason = self.refused[0]
        others = f" and {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
        return f"Expected a private data folder, but other users can still open {path}{others}: {reason}."


def data_folder_open(path: Path) -> None:
    """Create the folder as private, and set the umask so that this process creates only private files. Raises
    OSError.

    The settings call this, so it applies to each command, worker and web process. If the folder cannot be
    made private, `audiomusic.checks` reports it.
    """
    os.umask(PRIVATE_UMASK)
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if path.stat().st_mode & OPEN_TO_OTHERS:
        with suppress(OSError):
            path.chmod(FOLDER_MODE)


def data_folder_mend() -> Mended:
    """Make everything private that the server keeps on this machine, because older versions created files
    that all could read.

    The audio and static folders may be links to another disk, and SQLite's file may be elsewhere. No other
    link is followed, because it may lead to files of others. Never raises.
    """
    return mend(_kept_folders(), _kept_files())


def _kept_folders() -> Iterator[Path]:
    yield settings.DATA_DIR
    storages: Any = settings.STORAGES
    options = storages["default"].get("OPTIONS", {})
    for folder in filter(None, (options.get("location"), settings.STATIC_ROOT)):
        resolved = Path(folder).resolve()
        if not resolved.is_relative_to(settings.DATA_DIR):
            yield resolved


def _kept_files() -> Iterator[Path]:
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        yield from (Path(f"{database['NAME']}{end}") for end in ("", "-wal", "-shm", "-journal"))


def mend(folders: Iterable[Path], files: Iterable[Path] = ()) -> Mended:
    """Make the files private, and the folders with everything in them."""
    mended = Mended()
    for file in files:
        _mend(file, mended)
    for folder in dict.fromkeys(folders):
        _mend(folder, mended)
        _mend_inside(folder, mended)
    return mended


def _mend_inside(folder: Path, mended: Mended) -> None:
    waiting = [folder]
    while waiting:
        for entry in _entries(waiting.pop(), mended):
            with suppress(FileNotFoundError):
                mode = entry.stat(follow_symlinks=False).st_mode
                if _wanted(mode) is not None:
                    _mend(Path(entry.path), mended)
                if stat.S_ISDIR(mode):
                    waiting.append(Path(entry.path))


def _entries(folder: Path, mended: Mended) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        mended.refused.append((folder, _reason(error)))


def _wanted(mode: int) -> int | None:
    """Return the mode that a folder or file should have, or None if its mode is right."""
    if stat.S_ISDIR(mode):
        return FOLDER_MODE if mode & OPEN_TO_OTHERS else None
    if stat.S_ISREG(mode):
        return FILE_MODE if mode & NOT_A_FILES else None
    return None


def _mend(path: Path, mended: Mended) -> None:
    try:
        wanted = _wanted(path.lstat().st_mode)
        if wanted is None:
            return
        path.chmod(wanted)
        if _wanted(path.lstat().st_mode) is not None:
            raise PermissionError(0, "its file system does not support modes")
        mended.count += 1
    except FileNotFoundError:  # deleted in the meantime
        return
    except OSError as error:
        mended.refused.append((path, _reason(error)))


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
