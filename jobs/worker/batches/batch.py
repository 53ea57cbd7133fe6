"""Songs that are made together: claimed and planned one by one, then made at once."""

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


class ItemFactory(Protocol):
    """Creates the item of a claimed job."""

    def __call__(self, job: Job, *, ahead_s: Callable[[], float | None] | None = None) -> BatchItem: ...


def is_batchable(job: Job, engine: str) -> bool:
    """Whether the waiting job may be made together with others. A job that was started before may have killed
    its worker, so it is made alone."""
    return job.engine == engine and job.task not in TOOLS and not job.attempts


class Batch:
    """A claimed job and waiting jobs that can be made with it. A batch may grow until it is made. Each of its
    jobs ends on its own, with a song or an error."""

    def __init__(self, first: Job, new_item: ItemFactory, *, before: Batch | None = None) -> None:
        """`before`: the batch that is made while this one is planned."""
        self.first = first
        self.is_alone = first.attempts > 1
        self._new_item, self._before = new_item, before
        self._planned: list[PlannedOrder] = []
        self._room_s = 0.0
        self.items: list[BatchItem] = [self._item(first)]

    @cached_property
    def engine(self) -> BatchEngine:
        """Raises EngineError if it cannot be loaded."""
        return cast(BatchEngine, load_engine(self.first.engine))

    @cached_property
    def fit(self) -> Fit:
        return self.engine.fit(with_adapters(song_request(self.first)))

    @property
    def is_followed(self) -> bool:
        """Whether the next batch may be planned while this one is made. Not beside a job that may kill the
        worker."""
        return not self.is_alone and bool(self._planned) and self.engine.plans_ahead

    def plan(self) -> None:
        """Plan the first job's song and compute how much room is left beside it."""
        try:
            self._plan(self.items[0])
            self._room_s = 0.0 if self.is_alone else self.engine.batch_s - self.fit.seconds
        except Exception as error:
            self.fail(error)

    def grow(self, is_enough: Callable[[], bool] = lambda: False) -> bool:
        """Claim and plan waiting jobs that fit while there is room. Return whether there were any."""
        size = len(self.items)
        try:
            while self._room_s > 0 and not is_enough() and (claimed := self._claim_compatible()):
                job, seconds = claimed
                self.items.append(self._item(job))
                self._room_s -= seconds
                self._plan(self.items[-1])
        except Exception as error:
            self.fail(error)
        return len(self.items) > size

    def make(self) -> None:
        """Make the planned songs. Return when the engine is free; some songs may still be being stored."""
        self._before = None
        for item in self.items:
            item.resume()
        try:
            self.engine.make_batch(self._planned)
        except Exception as error:
            self.fail(error)

    def wait(self) -> None:
        """Pause the planned songs until their turn, and end cancelled jobs."""
        for planned in self._planned:
            planned.is_wanted()
        for item in self.items:
            item.pause()

    def fail(self, error: Exception) -> None:
        for item in self.items:
            item.fail(error)

    def left_s(self) -> float | None:
        """Return the seconds until the last song is made; None if unknown."""
        left_s = [item.left_s() for item in self.items]
        return None if None in left_s else max(filter(None, left_s), default=0.0)

    def _item(self, job: Job) -> BatchItem:
        return self._new_item(job, ahead_s=self._before.left_s if self._before else None)

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
        except EngineError:  # it fails when its turn comes
            return None

    def _claim_compatible(self) -> tuple[Job, float] | None:
        """Claim the next job that uses the same engine and the same sampling and that there is room for.
        Return it with its seconds of audio."""
        seconds = 0.0  # of the job accepted last, which is the one that is claimed

        def accepts(job: Job) -> bool:
            nonlocal seconds
            other = self._fit_of(job) if is_batchable(job, self.first.engine) else None
            if other is None or other.key != self.fit.key or other.seconds > self._room_s:
                return False
            seconds = other.seconds
            return True

        job = job_claim_compatible(accepts=accepts, lease_token=new_lease_token())
        return None if job is None else (job, seconds)
