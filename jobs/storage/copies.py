"""Other formats of a take, made while somebody waits for them: one encoder for a take, two for a process.

An encoder costs a core for seconds, and a link needs no key. A caller that finds all taken waits a
moment, few at a time, for a player asks for one file several times at once; then it is asked to come again.
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

ENCODERS = 2  # of one process at once
WAITERS = 2  # of one process at once; all others are refused on the spot
WAIT_S = 3.0
POLL_S = 0.05
RETRY_AFTER_S = 5
LOCK_FILES = 1024
LIGHT_ENOUGH = (AudioFormat.MP3, AudioFormat.OGG, *StreamFormat)  # beside sound without loss
ADVISORY_SPACE = 0x6175 << 48  # of PostgreSQL's locks with a number: those that are ours

_encoders = threading.BoundedSemaphore(ENCODERS)
_waiters = threading.BoundedSemaphore(WAITERS)


class EncodersBusy(Exception):
    """The file is being made, or as many others as may be made at once."""


def take_in_format(*, take: Take, format: str, is_from_start: bool = True) -> AudioFile:
    """The take's file in `format`, made where nobody asked for it before, with the tags of now. Who
    reads on in a file (`is_from_start` False) gets it as it is: another one would not fit what is there
    already. Raises EncodersBusy, and what `ensure_format` raises."""
    if found := take.files.filter(format=format).first():
        return _with_true_tags(take, found) if is_from_start else found
    with _turn(take):
        return ensure_format(take=take, format=format)  # it looks again: another may have made it meanwhile


def take_light(*, take: Take, format: str) -> AudioFile:
    """The take in one of the light formats, made where nobody asked for it before; where it has lost its
    master, whatever light file there is. Raises EncodersBusy, and what `ensure_format` raises."""
    try:
        return take_in_format(take=take, format=format)
    except AudioMissing:
        if found := take.files.filter(format__in=LIGHT_ENOUGH).order_by("format").first():
            return found
        raise


def _with_true_tags(take: Take, file: AudioFile) -> AudioFile:
    """Where all encoders are at work the song comes at once, with its old tags."""
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
    """One of the few that may decode and encode at once in this process. Raises EncodersBusy."""
    with ExitStack() as held:
        _wait_for(lambda: held.enter_context(_encoder()))
        yield


def _wait_for(take_it: Callable[[], None]) -> None:
    """Try until it is ours. Raises EncodersBusy after WAIT_S, or at once where enough others wait."""
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
    """No one else makes a format of the take meanwhile, in whatever process: of whatever host where the
    database is PostgreSQL, else of this one. Ends with its process. Raises EncodersBusy."""
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
        with suppress(DatabaseTrouble), connection.cursor() as cursor:  # a lost connection has let go of it
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


@contextmanager
def _file_lock(take: Take) -> Iterator[None]:
    """A fixed number of files, so that none has to be removed; two takes with the same one wait in turn."""
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
        os.close(file)  # and with it the lock goes
