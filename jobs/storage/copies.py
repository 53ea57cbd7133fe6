"""Other formats of a take, made on request: one encoder per take, two per process.

An encoder occupies a core for seconds, and a link needs no key, so the number is limited. A caller that finds
all of them busy waits a moment, because a player requests one file several times at once; only a few may
wait, and then they are asked to retry.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection

from jobs.models import AudioFile, AudioFormat, StreamFormat, Take
from jobs.storage.tagging.refresh import file_refresh, has_true_tags
from jobs.storage.takes import AudioMissing, ensure_format

ENCODERS = 2  # at once, per process
WAITERS = 2  # at once, per process; all others are refused immediately
WAIT_S = 3.0
POLL_S = 0.05
RETRY_AFTER_S = 5
LOCK_FILES = 1024
LIGHT_ENOUGH = (AudioFormat.MP3, AudioFormat.OGG, *StreamFormat)  # formats that may replace a light format
ADVISORY_SPACE = 0x6175 << 48  # this application's range of PostgreSQL's numbered advisory locks

_encoders = threading.BoundedSemaphore(ENCODERS)
_waiters = threading.BoundedSemaphore(WAITERS)


class EncodersBusy(Exception):
    """The file is being made, or the maximum number of encoders is running."""


def take_in_format(*, take: Take, format: str, is_from_start: bool = True) -> AudioFile:
    """Return the take's file in `format` with current tags, making it on first request. A caller that
    continues reading a file (`is_from_start` False) gets it unchanged: a new file would not fit what it
    already has. Raises EncodersBusy, and what `ensure_format` raises."""
    if found := take.files.filter(format=format).first():
        return _with_true_tags(take, found) if is_from_start else found
    with _turn(take):
        return ensure_format(take=take, format=format)  # checks again: another caller may have made it


def take_light(*, take: Take, format: str) -> AudioFile:
    """Return the take in one of the light formats, making it on first request; if the master is lost, return
    any existing light file. Raises EncodersBusy, and what `ensure_format` raises."""
    try:
        return take_in_format(take=take, format=format)
    except AudioMissing:
        if found := take.files.filter(format__in=LIGHT_ENOUGH).order_by("format").first():
            return found
        raise


def _with_true_tags(take: Take, file: AudioFile) -> AudioFile:
    """Return the file with current tags; if all encoders are busy, return it at once with its old tags."""
    if has_true_tags(take=take, file=file):
        return file
    with suppress(EncodersBusy), _turn(take):
        file.refresh_from_db()
        return file_refresh(take=take, file=file)
    return file


@contextmanager
def _turn(take: Take) -> Iterator[None]:
    with ExitStack() as held:
        _wait_for(lambda: held.enter_context(take_lock(take)))
        _wait_for(lambda: held.enter_context(_encoder()))
        yield


@contextmanager
def encoder_turn() -> Iterator[None]:
    """Hold one of the few turns to decode and encode in this process. Raises EncodersBusy."""
    with ExitStack() as held:
        _wait_for(lambda: held.enter_context(_encoder()))
        yield


def _wait_for(take_it: Callable[[], None]) -> None:
    """Try until the lock is acquired. Raises EncodersBusy after WAIT_S, or at once if enough callers are
    waiting."""
    with suppress(EncodersBusy):
        return take_it()
    if not _waiters.acquire(blocking=False):
        raise EncodersBusy
    try:
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            time.sleep(POLL_S)
            with suppress(EncodersBusy):
                return take_it()
    finally:
        _waiters.release()
    raise EncodersBusy


@contextmanager
def _encoder() -> Iterator[None]:
    if not _encoders.acquire(blocking=False):
        raise EncodersBusy
    try:
        yield
    finally:
        _encoders.release()


@contextmanager
def take_lock(take: Take) -> Iterator[None]:
    """Let no other process make a format of the take meanwhile: on any host with PostgreSQL, else on this
    host. The lock ends with its process. Raises EncodersBusy."""
    with _advisory_lock(take) if connection.vendor == "postgresql" else _file_lock(take):
        yield


@contextmanager
def _advisory_lock(take: Take) -> Iterator[None]:
    number = ADVISORY_SPACE | take.pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise EncodersBusy
    try:
        yield
    finally:
        with suppress(DatabaseTrouble), connection.cursor() as cursor:  # a lost connection released the lock
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


@contextmanager
def _file_lock(take: Take) -> Iterator[None]:
    """Lock one of a fixed number of files, so that none has to be deleted; two takes that share one take
    turns."""
    folder = settings.DATA_DIR / "locks"
    folder.mkdir(exist_ok=True)
    file = os.open(folder / f"copy-{take.pk % LOCK_FILES}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EncodersBusy from None
        yield
    finally:
        os.close(file)  # also releases the lock
