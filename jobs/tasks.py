"""The task that workers run when a queue message arrives: the only place of the server that runs an
engine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from copy import copy

from django.db import Error as DatabaseTrouble

from audiomusic.engines.base import Cancelled, EngineError, TakeResult
from audiomusic.engines.file_metadata import TrackTags
from audiomusic.engines.registry import ENGINES, load_engine
from jobs.models import Job
from jobs.specs.build import clean_title, title_from
from jobs.specs.tags import language_of, tags_as_made
from jobs.specs.tool_parameters import TOOLS
from jobs.storage.tagging.track_tags import tags_of
from jobs.storage.takes import StoredTake, delete_previous_attempt, discard_takes, store_take
from jobs.wakeup import wake_workers
from jobs.worker import process
from jobs.worker.batches.finishing import FinishPool
from jobs.worker.batches.pipeline import run_batches
from jobs.worker.claims import job_claim, job_fail, job_finish, job_mark_cancelled, job_release
from jobs.worker.execution import make_takes
from jobs.worker.lease import LeaseKeeper, new_lease_token
from jobs.worker.threads.stream_maker import streams_order

log = logging.getLogger(__name__)

SHIFT_S = 600.0  # then the process may be recycled; a new message continues

ENGINE_FAILED = (
    "engine_failed",
    "The engine failed to make this song. You were not charged. Retry it, or try another seed.",
)
STORAGE_FAILED = ("storage_failed", "The song was made but could not be stored. You were not charged.")


def run_pending_jobs() -> int:
    """Make waiting songs until none is left or the shift is over. Return how many jobs were processed.

    A superfluous message finds nothing to do; a lost one leaves its job to the next worker that looks.
    """
    count, shift_ends = 0, time.monotonic() + SHIFT_S

    def may_go_on() -> bool:
        return time.monotonic() <= shift_ends and not process.is_stopping()

    with process.busy(), FinishPool() as finisher:
        while may_go_on():
            job = job_claim(lease_token=new_lease_token())
            if job is None:
                return count
            count += _make(job, finisher, may_go_on)
        if not process.is_stopping():
            wake_workers()  # the shift is over; another one continues
    return count


def _make(job: Job, finisher: FinishPool, may_go_on: Callable[[], bool]) -> int:
    """Make the job's song, in a batch if its engine supports that. Return the number of jobs."""
    entry = ENGINES.get(job.engine)
    if entry is not None and entry.makes_batches and job.task not in TOOLS:
        return run_batches(job, finisher, store=_store, fail_or_release=_fail_or_release, may_go_on=may_go_on)
    make_song(job)
    return 1


def make_song(job: Job) -> None:
    """Make the song of one claimed job and end the job, whatever the outcome."""
    started_at = time.monotonic()
    takes: list[StoredTake] = []
    outcome = "failed"
    try:
        _make_and_keep(job, takes)
        outcome = "made"
        streams_order(job=job)
    except Exception as error:
        outcome = _fail_or_release(job, error)
    finally:
        if outcome != "made":
            discard_takes(job=job, takes=takes)
    log.info("job %s: %s after %.1f s", job.id, outcome, time.monotonic() - started_at)


def _make_and_keep(job: Job, takes: list[StoredTake]) -> None:
    """Run the engine and fill `takes`. Raises Cancelled if the song is no longer wanted."""
    with LeaseKeeper(job) as keeper:
        delete_previous_attempt(job)

        def keep(take: TakeResult) -> None:
            keeper.report("encoding", keeper.share)
            takes.append(_store(job, take))

        try:
            result = make_takes(
                job,
                on_progress=keeper.report,
                is_cancelled=keeper.is_stopped,
                on_take=keep,
            )
        except Cancelled as error:
            raise keeper.in_time(error) from None
        if not takes:
            raise EngineError("The engine made no audio for this request.")
        if not job_finish(
            job=job,
            lease_owner=job.lease_owner,
            result=result,
            takes=takes,
            stage_s=keeper.clock.seconds(),
        ):
            raise Cancelled


def _store(job: Job, take: TakeResult) -> StoredTake:
    take.made_with["engine_version"] = load_engine(job.engine).version
    try:
        return store_take(job=job, take_result=take, tags=_tags(job, take))
    except Exception as error:  # a full disk, a bucket that refuses: each storage has its own errors
        log.exception("job %s: take %s could not be stored", job.id, take.index)
        code, message = STORAGE_FAILED
        raise EngineError(message, code) from error


def _tags(job: Job, take: TakeResult) -> TrackTags:
    """Return the tags that the finished job's row will produce, as far as the engine's score tells now, so
    that the files need not be written again when they are downloaded."""
    score, made = take.score or {}, copy(job)
    if score.get("title") and job.display_name == title_from(job.prompt):
        made.display_name = clean_title(score["title"])
    caption, lyrics = f"{job.prompt}\n{score.get('caption', '')}", score.get("lyrics", job.lyrics)
    made.effective = job.effective | tags_as_made(caption, lyrics, job.effective.get("genre"))
    made.effective |= {"plan": {"genre": score.get("genre")}}
    made.lyrics = lyrics
    made.bpm = score.get("bpm", job.bpm)
    made.keyscale = score.get("key", job.keyscale)
    sung = next((line["language"] for line in score.get("vocals", ()) if line.get("language")), None)
    kind = job.effective.get("kind", "")
    made.vocal_language = language_of(kind, sung or job.vocal_language, lyrics, job.prompt)
    return tags_of(made, index=take.index, seed=take.seed, lrc=take.lrc or "")


def _fail_or_release(job: Job, error: Exception) -> str:
    """End a job whose song was not made, according to `error`. Return the outcome in a word."""
    if isinstance(error, Cancelled):
        return _release_or_cancel(job)
    if isinstance(error, DatabaseTrouble):
        # The last commit may or may not have happened. If not, the lease lapses.
        log.error("job %s: the database failed", job.id, exc_info=error)
        return "left to its lease"
    if isinstance(error, EngineError):
        log.warning("job %s: %s", job.id, error)
        code, message = error.code, str(error)
    else:
        code, message = ENGINE_FAILED
        log.error("job %s: the engine failed", job.id, exc_info=error)
    job_fail(job=job, lease_owner=job.lease_owner, code=code, message=message)
    return "failed"


def _release_or_cancel(job: Job) -> str:
    """Handle a stopped engine: cancel the job if the user asked for that; else put it back, if the lease is
    still held, because the server is stopping. If the lease is lost, another worker owns the job. Return
    which it was."""
    if job_mark_cancelled(job=job, lease_owner=job.lease_owner):
        return "cancelled"
    if job_release(job=job, lease_owner=job.lease_owner, is_counted=not process.is_stopping()):
        return "put back"
    return "left, its lease was lost,"


#: The name that queue messages use, including messages sent before the function was renamed.
make_next = run_pending_jobs
