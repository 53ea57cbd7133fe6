"""Songs that are made together: claimed and planned one after the other, then made at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol, cast

from audiomusic.engines.base import BatchEngine, EngineError, Fit, PlannedOrder
from audiomusic.engines.registry import load_engine
from jobs.models import Job
from jobs.specs.build import song_request, with_adapters
from jobs.specs.tool_parameters import TOOLS
from jobs.worker.batches.item import BatchItem
from jobs.worker.claims import job_claim_compatible
from jobs.worker.lease import new_lease_token


class TakeInHand(Protocol):
    """Makes an item of a claimed job."""

    def __call__(self, job: Job, *, behind_s: Callable[[], float | None] | None = None) -> BatchItem: ...


def may_stand_beside(job: Job, engine: str) -> bool:
    """Whether the waiting job may share its lot with others of this engine: one that was started before may
    have killed its worker, and is made alone."""
    return job.engine == engine and job.task not in TOOLS and not job.attempts


class Batch:
    """A claimed job, and those of the line that fit beside it. It grows until it is made; whatever goes
    wrong, each of its jobs comes to an end of its own."""

    def __init__(self, first: Job, take_in_hand: TakeInHand, *, before: Batch | None = None) -> None:
        """`before`: the batch that is made meanwhile, where this one is planned before its turn."""
        self.first = first
        self.is_alone = first.attempts > 1
        self._take_in_hand, self._before = take_in_hand, before
        self._planned: list[PlannedOrder] = []
        self._room_s = 0.0
        self.items: list[BatchItem] = [self._in_hand(first)]

    @cached_property
    def engine(self) -> BatchEngine:
        """Raises EngineError where it cannot be had."""
        return cast(BatchEngine, load_engine(self.first.engine))

    @cached_property
    def fit(self) -> Fit:
        return self.engine.fit(with_adapters(song_request(self.first)))

    @property
    def is_followed(self) -> bool:
        """Whether the next batch may be claimed and planned while this one is made. Not beside a job that may
        end the worker."""
        return not self.is_alone and "engine" in self.__dict__ and self.engine.plans_ahead

    def plan(self) -> None:
        """Plan the first job's song. Its batch has the room that is left then."""
        try:
            self._plan(self.items[0])
            self._room_s = 0.0 if self.is_alone else self.engine.batch_s - self.fit.seconds
        except Exception as error:
            self.fail(error)

    def grow(self, is_enough: Callable[[], bool] = lambda: False) -> bool:
        """Claim jobs that fit beside the first and plan each, while there are any and room for them. Whether
        there was one."""
        size = len(self.items)
        try:
            while self._room_s > 0 and not is_enough() and (job := self._claim_compatible()):
                self.items.append(self._in_hand(job))
                found = self._fit_of(job)
                self._room_s -= found.seconds if found else 0.0
                self._plan(self.items[-1])
        except Exception as error:
            self.fail(error)
        return len(self.items) > size

    def make(self) -> None:
        """Make all songs that are planned. Returns when the engine is free; some may still be stored."""
        self._before = None
        for item in self.items:
            item.resume()
        try:
            self.engine.make_batch(self._planned)
        except Exception as error:
            self.fail(error)

    def wait(self) -> None:
        """What is planned waits for its turn. Jobs whose users asked to stop end now."""
        for planned in self._planned:
            planned.is_wanted()
        for item in self.items:
            item.pause()

    def fail(self, error: Exception) -> None:
        for item in self.items:
            item.fail(error)

    def left_s(self) -> float | None:
        """Seconds until the last song is made; None where nobody knows."""
        left_s = [item.left_s() for item in self.items]
        return None if None in left_s else max(filter(None, left_s), default=0.0)

    def _in_hand(self, job: Job) -> BatchItem:
        return self._take_in_hand(job, behind_s=self._before.left_s if self._before else None)

    def _plan(self, item: BatchItem) -> None:
        try:
            order = item.order()
        except EngineError as error:
            item.fail(error)
            return
        self._planned += self.engine.plan_batch([order])

    def _fit_of(self, job: Job) -> Fit | None:
        try:
            return self.engine.fit(with_adapters(song_request(job)))
        except EngineError:  # it hears so when it is its turn
            return None

    def _claim_compatible(self) -> Job | None:
        """The next job of the same engine and the same way of making, never started before, that there is
        room for, now claimed."""

        def accepts(job: Job) -> bool:
            other = self._fit_of(job) if may_stand_beside(job, self.first.engine) else None
            return other is not None and other.key == self.fit.key and other.seconds <= self._room_s

        return job_claim_compatible(accepts=accepts, lease_token=new_lease_token())
