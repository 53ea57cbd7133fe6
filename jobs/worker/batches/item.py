"""One job of a batch, from its claim to its end: its lease, progress and takes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from audiomusic.engines.base import Cancelled, EngineError, Order, SongResult, TakeResult
from jobs.models import Job
from jobs.specs.build import song_request, with_adapters
from jobs.storage.takes import StoredTake, delete_previous_attempt, discard_takes
from jobs.worker.batches.finishing import FinishPool
from jobs.worker.claims import job_finish
from jobs.worker.lease import LeaseKeeper
from jobs.worker.threads.stream_maker import streams_order

log = logging.getLogger(__name__)

Store = Callable[[Job, TakeResult], StoredTake]
FailOrRelease = Callable[[Job, Exception], str]  # returns the job's outcome in a word


class BatchItem:
    """One claimed job, from its claim to its end. Call `order` once, or `fail`."""

    def __init__(
        self,
        job: Job,
        finisher: FinishPool,
        store: Store,
        fail_or_release: FailOrRelease,
        *,
        ahead_s: Callable[[], float | None] | None = None,
    ) -> None:
        """`ahead_s`: for a job planned before its turn, the seconds that the jobs ahead of it still need."""
        self.job = job
        self._finisher, self._store, self._fail_or_release = finisher, store, fail_or_release
        self._keeper = LeaseKeeper(job, ahead_s)
        self._started_at = time.monotonic()
        self._lock = threading.Lock()
        self._in_work = 0
        self._takes: list[StoredTake] = []
        self._result: SongResult | None = None
        self._error: Exception | None = None
        self._is_ended = False
        self._keeper.__enter__()

    def order(self) -> Order:
        """Return the request to the engine. Raises EngineError if it cannot be made any more."""
        delete_previous_attempt(self.job)
        return Order(
            request=with_adapters(song_request(self.job)),
            on_progress=self._keeper.report,
            is_cancelled=self._keeper.is_stopped,
            on_take=self._take,
            on_result=self._finish,
            on_error=self.fail,
        )

    def left_s(self) -> float | None:
        """Return the seconds until its song is made; None if unknown."""
        return 0.0 if self._is_ended else self._keeper.left_s()

    def pause(self) -> None:
        """Pause: the song is planned and waits for its turn."""
        self._keeper.pause()

    def resume(self) -> None:
        """Resume: it is the song's turn."""
        self._keeper.resume()

    def fail(self, error: Exception) -> None:
        with self._lock:
            if self._result is None:  # else its song is made, and another song's error does not affect it
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
        except Exception:  # the other jobs of the batch must still end
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
