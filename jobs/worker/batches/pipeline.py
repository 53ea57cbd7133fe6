"""Overlapping batches: while one is made, the next is claimed and planned.

The engine's thread only makes sound. Another thread claims and plans the next batch, if the engine can do
both at once, and a few more finish and store the songs that are made.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from django.db import connection

from jobs.models import Job
from jobs.worker.batches.batch import Batch, ItemFactory, is_batchable
from jobs.worker.batches.finishing import FinishPool
from jobs.worker.batches.item import BatchItem, FailOrRelease, Store
from jobs.worker.claims import job_claim_following
from jobs.worker.lease import new_lease_token

log = logging.getLogger(__name__)

LOOK_S = 0.5  # between two polls of the queue


class NextBatch:
    """The batch after `before`: claimed and planned in another thread until its turn comes."""

    def __init__(
        self,
        before: Batch,
        new_item: ItemFactory,
        may_go_on: Callable[[], bool],
        thread: ThreadPoolExecutor,
    ) -> None:
        self._before, self._new_item, self._may_go_on = before, new_item, may_go_on
        self._is_turn = threading.Event()
        self._batch: Batch | None = None
        self._done: Future[None] = thread.submit(self._run)

    def take(self) -> Batch | None:
        """End planning and return the batch; None if there was no job to claim."""
        self._is_turn.set()
        self._done.result()
        return self._batch

    def _run(self) -> None:
        try:
            while not self._is_turn.is_set():
                if not self._has_grown():
                    self._is_turn.wait(LOOK_S)
        except Exception as error:  # must not affect the songs that are being made
            log.exception("The next songs could not be claimed or planned")
            if self._batch is not None:
                self._batch.fail(error)
        finally:
            connection.close()

    def _has_grown(self) -> bool:
        """Claim and plan the jobs now waiting. Return whether there were any."""
        if self._batch is not None:
            has_grown = self._may_go_on() and self._batch.grow(self._is_turn.is_set)
            self._batch.wait()
            return has_grown
        if not self._may_go_on():
            return False
        accepts = partial(is_batchable, engine=self._before.first.engine)
        job = job_claim_following(accepts=accepts, lease_token=new_lease_token())
        if job is None:
            return False
        self._batch = Batch(job, self._new_item, before=self._before)
        self._batch.plan()
        return True


def run_batches(
    first: Job,
    finisher: FinishPool,
    *,
    store: Store,
    fail_or_release: FailOrRelease,
    may_go_on: Callable[[], bool],
) -> int:
    """Make the song of a claimed job together with waiting jobs that fit, then the batches planned meanwhile,
    while `may_go_on` returns True. Return the number of jobs."""
    new_item = partial(BatchItem, finisher=finisher, store=store, fail_or_release=fail_or_release)
    batch = Batch(first, new_item)
    batch.plan()
    batch.grow()
    count = 0
    with ThreadPoolExecutor(1, thread_name_prefix="planning") as thread:
        while True:
            is_followed = batch.is_followed and may_go_on()
            following = NextBatch(batch, new_item, may_go_on, thread) if is_followed else None
            batch.make()
            count += len(batch.items)
            if following is None or (next_batch := following.take()) is None:
                return count
            batch = next_batch
