"""Other formats of a take, made while somebody waits for them: one encoder for a take, two for a process.

An encoder costs a core for seconds, and a link needs no key. A caller that finds all taken waits a
moment, few at a time, for a player asks for one file several times at once; then it is asked to come again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connection

from jobs.models import AudioFile, AudioFormat, Job, StreamFormat, Take, Task
from jobs.storage.files import StorageRefused
from jobs.storage.tagging.refresh import file_refresh, has_true_tags
from jobs.storage.takes import MASTER_FORMAT, AudioMissing, ensure_format

log = logging.getLogger(__name__)

ENCODERS = 2  # of one process at once
WAITERS = 2  # of one process at once; all others are refused on the spot
WAIT_S = 3.0
POLL_S = 0.05
RETRY_AFTER_S = 5
LOCK_FILES = 1024
LIGHT_ENOUGH = (AudioFormat.MP3, AudioFormat.OGG, *StreamFormat)  # beside sound without loss
ADVISORY_SPACE = 0x6175 << 48  # of PostgreSQL's locks with a number: those that are ours

STREAM_LOOK_S = 1.0

_new_songs: queue.Queue[int] = queue.Queue(maxsize=200)
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


class StreamMaker:
    """Makes the light format of new songs before anybody asks: in a thread of the worker's, behind the songs
    that it makes. What it has not done when the worker ends is made when it is first asked for."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping

    def run(self) -> None:
        """Endless; for a thread of its own."""
        while not self.is_stopping():
            try:
                close_old_connections()
                streams_make(job_id=_new_songs.get(timeout=STREAM_LOOK_S))
            except queue.Empty:
                continue
            except Exception:
                log.exception("The light format of a song could not be made; it is when it is asked for.")


def streams_order(*, job: Job) -> None:
    """The job's songs are to be listened to soon. Nothing happens where no StreamMaker runs."""
    if job.task != Task.EXTRACT:
        with suppress(queue.Full):
            _new_songs.put_nowait(job.id)


def streams_make(*, job_id: int) -> None:
    """The light format of every take of a job, as far as it is not there and encoders are free."""
    takes = Take.objects.filter(job=job_id).select_related("job").defer("peaks")
    for take in takes.filter(files__format=MASTER_FORMAT):
        with suppress(EncodersBusy, AudioMissing, StorageRefused):
            take_in_format(take=take, format=StreamFormat.WEBM)


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
