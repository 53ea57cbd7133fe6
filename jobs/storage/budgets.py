"""Storage checks before a new song is accepted: room in its owner's budget, and on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from audiomusic.accounts.models import User
from jobs.specs.refusals import JobRefused
from jobs.storage.byte_sizes import parse_size, size_words
from jobs.storage.takes import MASTER_FORMAT
from jobs.storage.usage import bytes_allowed, storage_use

#: Upper limit, in bytes per second of 48 kHz stereo, of what jobs.storage.takes writes. FLAC can be larger
#: than WAV if nothing repeats; Vorbis varies.
BYTES_A_SECOND = {"wav": 288_000, "flac": 290_000, "mp3": 40_200, "ogg": 45_000}
SCORE_BYTES_A_SECOND = 6_000  # JSON, MIDI and curves together
TAKE_BYTES = 40_000  # headers, tags, lyrics


class StorageBudgetReached(JobRefused):
    """The user's files, and those of queued songs, leave no room for one more."""


class DiskAlmostFull(JobRefused):
    """The server's disk has less free space than it must keep."""


def bytes_to_reserve(*, duration_s: float, takes: int, format: str) -> int:
    """Return the upper limit of the bytes that a job will store."""
    rate = SCORE_BYTES_A_SECOND + sum(BYTES_A_SECOND[name] for name in {MASTER_FORMAT, format})
    return takes * (TAKE_BYTES + round(rate * duration_s))


def storage_budget_check(*, user: User, asked: int) -> None:
    """Raise StorageBudgetReached if the user's budget is exceeded. `asked`: the bytes of the job in question.
    Call it after they are reserved, with the user's credit account locked, so that jobs are admitted one at a
    time."""
    if bytes_allowed(user) is None:
        return
    use = storage_use(user)
    if use.allowed is not None and use.used > use.allowed:
        left = max(0, use.allowed - (use.used - asked))
        raise StorageBudgetReached(
            f"This song can need up to {size_words(asked)}, but only {size_words(left)} of your "
            f"{size_words(use.allowed)} are left. Delete some songs, or make a shorter one."
        )


def disk_check() -> None:
    """Raise DiskAlmostFull if audio is stored in a local folder whose disk has too little room."""
    if shortage := disk_shortage():
        raise DiskAlmostFull(shortage)


def disk_shortage() -> str:
    """Return a sentence if the disk has less free space than AUDIOMUSIC_MIN_FREE_DISK, else ""."""
    floor = parse_size(settings.MIN_FREE_DISK)
    if floor is None or not isinstance(default_storage, FileSystemStorage):
        return ""
    if shutil.disk_usage(_nearest(Path(default_storage.location))).free >= floor:
        return ""
    return "The server's disk is almost full, so it accepts no new songs. Please try again later."


def _nearest(folder: Path) -> Path:
    """Return the folder, or its nearest existing parent."""
    return next(path for path in (folder, *folder.parents) if path.exists())
