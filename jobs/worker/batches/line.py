"""Batches one after the other: while one is made, the next is claimed and planned beside it.

The engine's thread makes sound and nothing else. What follows is done by a few threads behind it, and what
goes before by one thread beside it, where the engine can plan and make at the same time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from django.db import connection

from jobs.models import Job
from jobs.worker.batches.batch import Batch, TakeInHand, may_stand_beside
from jobs.worker.batches.finishing import FinishPool
from jobs.worker.batches.item import BatchItem, FailOrRelease, Store
from jobs.worker.claims import job_claim_following
from jobs.worker.lease import new_lease_token

log = logging.getLogger(__name__)

LOOK_S = 0.5  # so often the line is looked at for the next batch


class NextBatch:
    """The batch after `before`: claimed and planned in a thread of its own until its turn comes."""

    def __init__(
        self,
        before: Batch,
        take_in_hand: TakeInHand,
        may_go_on: Callable[[], bool],
        thread: ThreadPoolExecutor,
    ) -> None:
        self._before, self._take_in_hand, self._may_go_on = before, take_in_hand, may_go_on
        self._is_turn = threading.Event()
        self._batch: Batch | None = None
        self._done: Future[None] = thread.submit(self._run)

    def take(self) -> Batch | None:
        """Its turn: the batch with all that is planned by now; None where nothing was to be claimed."""
        self._is_turn.set()
        self._done.result()
        return self._batch

    def _run(self) -> None:
        try:
            while not self._is_turn.is_set():
                if not self._has_grown():
                    self._is_turn.wait(LOOK_S)
        except Exception as error:  # the songs that are being made must not hear of it
            log.exception("The next songs could not be claimed or planned")
            if self._batch is not None:
                self._batch.fail(error)
        finally:
            connection.close()

    def _has_grown(self) -> bool:
        """Claim and plan what waits by now. Whether there was anything."""
        if self._batch is not None:
            has_grown = self._may_go_on() and self._batch.grow(self._is_turn.is_set)
            self._batch.wait()
            return has_grown
        if not self._may_go_on():
            return False
        name = self._before.first.engine
        accepts = partial(may_stand_beside, engine=name)
        job = job_claim_following(accepts=accepts, lease_token=new_lease_token())
        if job is None:
            return False
        self._batch = Batch(job, self._take_in_hand, before=self._before)
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
    """Make a claimed job's song, with those of the line that fit beside it, and then what was claimed and
    planned meanwhile, while `may_go_on`. Returns how many jobs that were."""
    take_in_hand = partial(BatchItem, finisher=finisher, store=store, fail_or_release=fail_or_release)
    batch = Batch(first, take_in_hand)
    batch.plan()
    batch.grow()
    made: list[BatchItem] = []
    with ThreadPoolExecutor(1, thread_name_prefix="planning") as thread:
        while True:
            is_followed = batch.is_followed and may_go_on()
            following = NextBatch(batch, take_in_hand, may_go_on, thread) if is_followed else None
            batch.make()
            made += batch.items
            if following is None or (next_batch := following.take()) is None:
                return len(made)
            batch = next_batch
