"""Songs made several at a time: claimed together, each with a lease, a progress and an end of its own.

The engine's thread makes sound and nothing else. What follows, mastering, encoding and storing, is
done by a few threads beside it, while the engine is at the next songs already.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import cast

from django.db import connection

from audiomusic.engines.base import BatchEngine, Cancelled, EngineError, Fit, Order, SongResult, TakeResult
from audiomusic.engines.registry import load_engine
from jobs.models import Job
from jobs.specs.build import song_request, with_adapters
from jobs.specs.tool_parameters import TOOLS
from jobs.storage.takes import StoredTake, delete_previous_attempt, discard_takes
from jobs.worker.claims import job_claim_compatible, job_finish
from jobs.worker.lease import LeaseKeeper, new_lease_token
from jobs.worker.threads.stream_maker import streams_order

log = logging.getLogger(__name__)

FINISHING_THREADS = min(4, os.cpu_count() or 1)
FINISHING_ROOM = 16  # takes that may wait to be stored: each is 23 MB a minute

Store = Callable[[Job, TakeResult], StoredTake]
FailOrRelease = Callable[[Job, Exception], str]  # returns what became of the job, in a word


class FinishPool:
    """Threads for what follows the engine. Leaving it waits until all is done."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(FINISHING_THREADS, thread_name_prefix="finishing")
        self._room = threading.BoundedSemaphore(FINISHING_ROOM)

    def __enter__(self) -> FinishPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def submit(self, act: Callable[[], None]) -> None:
        """Do it soon; waits while too much is waiting already."""
        self._room.acquire()
        self._pool.submit(self._run, act)

    def _run(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            log.exception("Something was left unfinished")
        finally:
            self._room.release()
            connection.close()


class BatchItem:
    """One claimed job from its claim to its end. Use `order` once, or `fail`."""

    def __init__(self, job: Job, finisher: FinishPool, store: Store, fail_or_release: FailOrRelease) -> None:
        self.job = job
        self._finisher, self._store, self._fail_or_release = finisher, store, fail_or_release
        self._keeper = LeaseKeeper(job)
        self._started_at = time.monotonic()
        self._lock = threading.Lock()
        self._in_work = 0
        self._takes: list[StoredTake] = []
        self._result: SongResult | None = None
        self._error: Exception | None = None
        self._is_ended = False
        self._keeper.__enter__()

    def order(self) -> Order:
        """What the engine is asked. Raises EngineError where it cannot be asked any more."""
        delete_previous_attempt(self.job)
        return Order(
            request=with_adapters(song_request(self.job)),
            on_progress=self._keeper.report,
            is_cancelled=self._keeper.is_stopped,
            on_take=self._take,
            on_result=self._finish,
            on_error=self.fail,
        )

    def fail(self, error: Exception) -> None:
        with self._lock:
            if self._result is None:  # else its song is made, and another's mistake is not its own
                self._error = self._error or error
        self._end_if_done()

    def _take(self, finish: Callable[[], TakeResult]) -> None:
        with self._lock:
            self._in_work += 1
        self._finisher.submit(partial(self._keep, finish))

    def _finish(self, result: SongResult) -> None:
        with self._lock:
            self._result = result
        self._end_if_done()

    def _keep(self, finish: Callable[[], TakeResult]) -> None:
        try:
            if self._keeper.is_stopped():
                raise Cancelled
            if self._error is None:
                self._keeper.report("encoding", self._keeper.share)
                self._takes.append(self._store(self.job, finish()))
        except Exception as error:
            with self._lock:
                self._error = self._error or error
        with self._lock:
            self._in_work -= 1
        self._end_if_done()

    def _end_if_done(self) -> None:
        with self._lock:
            is_done = self._in_work == 0 and (self._error is not None or self._result is not None)
            if self._is_ended or not is_done:
                return
            self._is_ended = True
        outcome = "left to its lease"
        try:
            outcome = self._end()
        except Exception:  # the others of the batch must come to their ends
            log.exception("job %s: its end could not be written", self.job.id)
        self._keeper.__exit__(None, None, None)
        if outcome == "made":
            streams_order(job=self.job)
        else:
            discard_takes(job=self.job, takes=self._takes)
        log.info("job %s: %s after %.1f s", self.job.id, outcome, time.monotonic() - self._started_at)

    def _end(self) -> str:
        error = self._error
        if error is None and not self._takes:
            error = EngineError("The engine made no audio for this request.")
        if error is None and self._result is not None:
            takes = sorted(self._takes, key=lambda take: take.index)
            try:
                if job_finish(
                    job=self.job,
                    lease_owner=self.job.lease_owner,
                    result=self._result,
                    takes=takes,
                    stage_s=self._keeper.clock.seconds(),
                ):
                    return "made"
                error = Cancelled()
            except Exception as trouble:
                error = trouble
        return self._fail_or_release(self.job, self._keeper.in_time(error or Cancelled()))


def run_batch(first: Job, finisher: FinishPool, *, store: Store, fail_or_release: FailOrRelease) -> int:
    """Make a claimed job's song, with those of the line that fit beside it. Returns how many."""
    take_in_hand = partial(BatchItem, finisher=finisher, store=store, fail_or_release=fail_or_release)
    in_hand = [take_in_hand(first)]
    try:
        engine = cast(BatchEngine, load_engine(first.engine))
        orders = [in_hand[0].order()]
        # A song that was started before may have killed its worker: alone it takes nobody with it.
        is_alone = first.attempts > 1
        beside = [] if is_alone else _claim_compatible(first, engine, engine.fit(orders[0].request))
        in_hand += [take_in_hand(job) for job in beside]
        orders += [order for one in in_hand[1:] if (order := _order_of(one)) is not None]
        engine.generate_batch(orders)
    except Exception as error:
        for one in in_hand:
            one.fail(error)
    return len(in_hand)


def _order_of(one: BatchItem) -> Order | None:
    try:
        return one.order()
    except EngineError as error:
        one.fail(error)
        return None


def _claim_compatible(first: Job, engine: BatchEngine, fit: Fit) -> list[Job]:
    """Jobs of the line that may be made with `first`, now claimed: of the same engine and the same
    way of making, never started before, as long as there is room."""
    claimed: list[Job] = []
    room_s = engine.batch_s - fit.seconds

    def fit_of(job: Job) -> Fit | None:
        try:
            return engine.fit(with_adapters(song_request(job)))
        except EngineError:  # it hears so when it is its turn
            return None

    def accepts(job: Job) -> bool:
        is_alike = job.engine == first.engine and job.task not in TOOLS and not job.attempts
        other = fit_of(job) if is_alike else None
        return other is not None and other.key == fit.key and other.seconds <= room_s

    while room_s > 0 and (job := job_claim_compatible(accepts=accepts, lease_token=new_lease_token())):
        claimed.append(job)
        found = fit_of(job)
        room_s -= found.seconds if found else 0.0
    return claimed
