"""Keep the lease of a job while its song is being made."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection

from audiomusic.engines.base import Cancelled, EngineError, Stage
from audiomusic.engines.registry import is_loaded
from jobs.models import Job
from jobs.timing.pace import asked_take_s, measured_pace
from jobs.timing.time_left import TimeLeft
from jobs.worker import process
from jobs.worker.claims import LeaseState, job_fail, job_heartbeat, job_lease_state, job_progress, job_release
from jobs.worker.stage_timer import StageTimer

log = logging.getLogger(__name__)

TICK_S = 0.5  # how often progress is saved and stop requests are read
HEARTBEAT_S = 5.0
WATCHDOG_S = 900.0  # an engine silent for this long is stuck
TIME_ALLOWANCE_S = 600.0  # for loading an engine, whatever the song's length
END_MOVES_S = 0.5  # smaller changes do not move the expected end
KILL_GRACE_S = 60.0  # an engine that continues for this long after a stop request is stuck
EXIT_STALLED = 70
TIMED_OUT = ("timed_out", "The song took too long and was stopped. You were not charged.")


def new_lease_token() -> str:
    """Return a unique token for one claim, which contains its host and process."""
    return f"{socket.gethostname()[:36]}/{os.getpid()}/{secrets.token_hex(8)}"


def time_limit_s(job: Job) -> float:
    """Return how long the job may take, based on the requested length."""
    asked_s = float(job.effective.get("max_duration_s") or job.duration_s or 0)
    return TIME_ALLOWANCE_S + float(settings.TIME_LIMIT) * asked_s * job.batch_size


@dataclass(frozen=True)
class Progress:
    """The progress of a song, as its row stores it."""

    stage: Stage
    share: float
    at_s: float  # since the claim
    left_s: float | None  # as it can be shown; None: unknown

    @property
    def _end_s(self) -> float | None:
        return None if self.left_s is None else self.at_s + self.left_s

    def differs(self, written: Progress | None) -> bool:
        """Whether the row needs an update, because it no longer matches as time passes."""
        if (
            written is None
            or self.stage != written.stage
            or int(100 * self.share) != int(100 * written.share)
        ):
            return True
        if self._end_s is None or written._end_s is None:
            return self._end_s != written._end_s
        return abs(self._end_s - written._end_s) >= END_MOVES_S


class LeaseKeeper:
    """Keeps one job's lease in its own thread, so that the engine never waits for the database and the
    lease does not expire while it computes.

    `report` and `is_stopped` are the engine's two callables: both only touch memory.
    """

    def __init__(self, job: Job, ahead_s: Callable[[], float | None] | None = None) -> None:
        """`ahead_s`: for a song planned before its turn, the seconds that the songs ahead of it still
        need."""
        self.job = job
        self.lease_owner = job.lease_owner
        self.verdict = LeaseState.GO_ON
        self.clock = StageTimer()
        self.time_left = TimeLeft()
        self._is_cold = not is_loaded(job.engine)
        self._newest: tuple[Stage, float] | None = None
        self._written: Progress | None = None
        self._began_at = self._heard_at = self._renewed_at = time.monotonic()
        self._limit_s = time_limit_s(job)
        self._ahead_s = ahead_s
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._heartbeat_s = min(HEARTBEAT_S, settings.LEASE_S / 6)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease of job {job.id}", daemon=True)

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def report(self, stage: Stage, share: float) -> None:
        self._heard_at = time.monotonic()
        self.clock.enter(stage)
        self.time_left.heard(share, self._heard_at - self._began_at)
        self._newest = (stage, share)

    def pause(self) -> None:
        """Pause the time limit: the song is planned and waits for those ahead of it."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()
            self.time_left.pause(self._paused_at - self._began_at)
            self.clock.enter("waiting")

    def resume(self) -> None:
        """Resume: it is the song's turn."""
        now = self._heard_at = time.monotonic()
        self._ahead_s = None
        self.time_left.resume(now - self._began_at)
        if self._paused_at is not None:
            self._paused_s += now - self._paused_at
            self._paused_at = None

    def left_s(self) -> float | None:
        """Return the seconds that the song still needs, at least 0; None if unknown."""
        left_s = self.time_left.estimate_s(time.monotonic() - self._began_at)
        return None if left_s is None else max(0.0, left_s)

    @property
    def share(self) -> float:
        """The share of the song that is done, as last reported."""
        return self._newest[1] if self._newest else 0.0

    @property
    def lateness_s(self) -> float:
        """By how many seconds the song is late; negative while it is on time."""
        now = self._paused_at or time.monotonic()
        return now - self._began_at - self._paused_s - self._limit_s

    @property
    def has_timed_out(self) -> bool:
        """Whether the song took too long without a stop request."""
        return self.lateness_s > 0 and self.verdict is LeaseState.GO_ON and not process.is_stopping()

    def is_stopped(self) -> bool:
        return self.verdict is not LeaseState.GO_ON or process.is_stopping() or self.lateness_s > 0

    def in_time(self, error: Exception) -> Exception:
        """Return the error that ended the song: a stop without a request becomes a timeout."""
        if isinstance(error, Cancelled) and self.has_timed_out:
            code, message = TIMED_OUT
            return EngineError(message, code)
        return error

    def _run(self) -> None:
        try:
            self._look_back()
            self._tick()  # an estimate from similar songs is available at once
            while not self._done.wait(TICK_S):
                self._tick()
        finally:
            connection.close()

    def _look_back(self) -> None:
        """Read how long similar songs took. Runs in the lease's thread, so the engine waits for no
        database."""
        try:
            pace = measured_pace()
        except DatabaseTrouble:
            log.warning("job %s: its remaining time is unknown", self.job.id, exc_info=True)
            connection.close()
            return
        job = self.job
        take_s = asked_take_s(job.duration_s, job.batch_size, job.credits_reserved)
        if self._is_cold:
            self.time_left.loading_s = pace.loading_s(job.engine)
        self.time_left.work_s = pace.work_s(job.engine, job.task, job.song_type, take_s, job.batch_size)

    def _tick(self) -> None:
        try:
            self.verdict = self._write_and_hear()
        except DatabaseTrouble:
            log.warning("job %s: the database did not take its progress", self.job.id, exc_info=True)
            connection.close()  # a broken connection would stay broken
        if self.lateness_s > KILL_GRACE_S:
            self._give_up("was to stop and did not", job_fail, code=TIMED_OUT[0], message=TIMED_OUT[1])
        elif self._paused_at is None and time.monotonic() - self._heard_at > WATCHDOG_S:
            self._give_up(f"has been silent for {WATCHDOG_S:.0f} s", job_release)

    def _write_and_hear(self) -> LeaseState:
        now = time.monotonic()
        progress = self._progress(now)
        if progress is not None and progress.differs(self._written):
            verdict = job_progress(
                job=self.job,
                lease_owner=self.lease_owner,
                stage=progress.stage,
                share=progress.share,
                left_s=progress.left_s,
            )
            self._written, self._renewed_at = progress, now
            return verdict
        if now - self._renewed_at >= self._heartbeat_s:
            self._renewed_at = now
            if not job_heartbeat(job=self.job, lease_owner=self.lease_owner):
                return LeaseState.LOST
        return job_lease_state(job=self.job, lease_owner=self.lease_owner)

    def _progress(self, now: float) -> Progress | None:
        """Return the progress to save; None while neither the engine nor earlier songs give any."""
        now_s = now - self._began_at
        ahead_s = self._ahead_s
        self.time_left.ahead_s = 0.0 if ahead_s is None else ahead_s()
        left_s = self.time_left.shown_s(now_s)
        if self._newest is None and left_s is None:
            return None
        stage = self._newest[0] if self._newest else "planning"
        return Progress(stage, self.time_left.bar_share(now_s), now_s, left_s)

    def _give_up(self, reason: str, end: Callable[..., bool], **how: str) -> None:
        """Release the job and end this process, which the cluster replaces: a stuck engine cannot be asked to
        stop."""
        log.error("job %s: the engine %s; this worker ends", self.job.id, reason)
        end(job=self.job, lease_owner=self.lease_owner, **how)
        os._exit(EXIT_STALLED)
