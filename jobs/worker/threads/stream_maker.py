"""Worker side of light formats: makes them for new songs in advance, in a thread beside the songs."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from contextlib import suppress

from django.db import close_old_connections

from jobs.models import Job, StreamFormat, Take, Task
from jobs.storage.copies import EncodersBusy, take_in_format
from jobs.storage.files import StorageRefused
from jobs.storage.takes import MASTER_FORMAT, AudioMissing

log = logging.getLogger(__name__)

STREAM_LOOK_S = 1.0

_new_songs: queue.Queue[int] = queue.Queue(maxsize=200)


class StreamMaker:
    """Makes the light format of this worker's new songs before it is requested. What is not done when the
    worker ends is made on the first request."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping

    def run(self) -> None:
        """Run the loop; for a thread of its own."""
        while not self.is_stopping():
            try:
                close_old_connections()
                streams_make(job_id=_new_songs.get(timeout=STREAM_LOOK_S))
            except queue.Empty:
                continue
            except Exception:
                log.exception("The light format of a song could not be made; it is when it is asked for.")


def streams_order(*, job: Job) -> None:
    """Order the light formats of a job's takes, which will probably be played soon. Without a running
    StreamMaker nothing happens."""
    if job.task != Task.EXTRACT:
        with suppress(queue.Full):
            _new_songs.put_nowait(job.id)


def streams_make(*, job_id: int) -> None:
    """Make the light format of every take of a job, unless it exists or the encoders are busy."""
    takes = Take.objects.filter(job=job_id).select_related("job").defer("peaks")
    for take in takes.filter(files__format=MASTER_FORMAT):
        with suppress(EncodersBusy, AudioMissing, StorageRefused):
            take_in_format(take=take, format=StreamFormat.WEBM)
