"""What a worker does when the queue rings: the only place of the server that runs an engine."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections
from django.utils import timezone

from audiomusic.engines.base import Cancelled, EngineError, TakeResult
from audiomusic.engines.registry import load_engine
from audiomusic.engines.tags import TrackTags
from jobs import worker
from jobs.leases import TIMED_OUT, LeaseKeeper, new_owner
from jobs.models import Job
from jobs.outputs import StoredTake, delete_strays, delete_unkept, job_folder, store_take, tags_of
from jobs.queue import nudge
from jobs.requests import song_request
from jobs.services import job_cancelled, job_claim, job_fail, job_finish, job_release

log = logging.getLogger(__name__)

SHIFT_S = 600.0  # then the process may be recycled; a new message goes on

ENGINE_FAILED = (
    "engine_failed",
    "The engine failed to make this song. Nothing was charged; please retry it or try another seed.",
)
STORAGE_FAILED = ("storage_failed", "The song was made but could not be stored. Nothing was charged.")


def make_next() -> int:
    """Make waiting songs until none waits or the shift is over. Returns how many were worked on.

    A message too many finds nothing to do; a message too few leaves its job to whoever comes by.
    """
    count, shift_ends = 0, time.monotonic() + SHIFT_S
    with worker.on_duty():
        while not worker.is_stopping():
            if time.monotonic() > shift_ends:
                nudge()
                break
            job = job_claim(owner_word=new_owner())
            if job is None:
                break
            make_song(job)
            count += 1
    return count


def make_song(job: Job) -> None:
    """Make one claimed job's song and end the job, whichever way it goes."""
    started_at = time.monotonic()
    takes: list[StoredTake] = []
    outcome = "failed"
    try:
        _make_and_keep(job, takes)
        outcome = "made"
    except Cancelled:
        outcome = _step_back(job)
    except EngineError as error:
        log.warning("job %s: %s", job.id, error)
        job_fail(job=job, lease_owner=job.lease_owner, code=error.code, message=str(error))
    except DatabaseTrouble:
        # Whether the last commit was made is not known here. If not, the lease lapses.
        outcome = "left to its lease"
        log.exception("job %s: the database failed", job.id)
    except Exception:
        code, message = ENGINE_FAILED
        log.exception("job %s: the engine failed", job.id)
        job_fail(job=job, lease_owner=job.lease_owner, code=code, message=message)
    finally:
        if outcome != "made":
            _throw_away(job, takes)
    log.info("job %s: %s after %.1f s", job.id, outcome, time.monotonic() - started_at)


def _throw_away(job: Job, takes: list[StoredTake]) -> None:
    """Remove the files of takes that did not become the job's."""
    try:
        close_old_connections()
        delete_unkept(file.storage_name for take in takes for file in take.files)
    except DatabaseTrouble:
        log.warning("job %s: its files stay until its end, the database does not answer", job.id)


def _make_and_keep(job: Job, takes: list[StoredTake]) -> None:
    """Run the engine, filling `takes`. Raises Cancelled where the song is no longer wanted."""
    with LeaseKeeper(job) as keeper:
        if job.attempts > 1 and job.started_at:
            # What a worker that died on it has stored. At the end this one may die before it can.
            delete_strays(job_folder(job), older_than=timezone.now() - job.started_at)

        def keep(take: TakeResult) -> None:
            keeper.report("encoding", keeper.share)
            takes.append(_store(job, take))

        try:
            result = load_engine(job.engine).generate(
                song_request(job), on_progress=keeper.report, is_cancelled=keeper.is_stopped, on_take=keep
            )
        except Cancelled:
            if keeper.has_timed_out:
                code, message = TIMED_OUT
                raise EngineError(message, code) from None
            raise
        if not takes:
            raise EngineError("The engine made no audio for this request.")
        if not job_finish(job=job, lease_owner=job.lease_owner, result=result, takes=takes):
            raise Cancelled


def _store(job: Job, take: TakeResult) -> StoredTake:
    try:
        return store_take(job=job, take_result=take, tags=_tags(job, take))
    except Exception as error:  # a full disk, a bucket that refuses: every storage has errors of its own
        log.exception("job %s: take %s could not be stored", job.id, take.index)
        code, message = STORAGE_FAILED
        raise EngineError(message, code) from error


def _tags(job: Job, take: TakeResult) -> TrackTags:
    """What the row knows, completed by what the engine's score tells: the rest is written at the end."""
    tags, told = tags_of(job, index=take.index, seed=take.seed), take.score or {}
    return replace(
        tags,
        bpm=tags.bpm or told.get("bpm"),
        key=tags.key or told.get("key", ""),
        lyrics=tags.lyrics or told.get("lyrics", ""),
        genre=tags.genre or told.get("genre", ""),
    )


def _step_back(job: Job) -> str:
    """The engine stopped. Because the user asked; or else, if the lease is still held, because the
    server stops, and the job goes back untouched. A lost lease means it is another's business.
    Returns which it was."""
    if job_cancelled(job=job, lease_owner=job.lease_owner):
        return "cancelled"
    if job_release(job=job, lease_owner=job.lease_owner, is_counted=not worker.is_stopping()):
        return "put back"
    return "left, its lease was lost,"
