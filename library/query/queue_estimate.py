"""Estimates when each unfinished job will be done, by simulating the next hours of the queue: workers claim
jobs in their usual order, waiting songs take as long as recent similar ones, and running songs end when their
workers expect.

`manage.py bench queue` compares the estimates with the actual times.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from math import inf
from typing import Any, NamedTuple

from django.utils import timezone

from jobs.heartbeat import live_workers
from jobs.models import Job, Status
from jobs.timing.pace import SongPace, asked_take_s, measured_pace

WorkTime = Callable[[str, str, str, float, int], float | None]

LONGEST_LINE = 2000  # maximum number of waiting jobs to consider
UNKNOWN_S = 1e8  # longer than any job; marks an unknown time and keeps the order
OVERDUE_S = 3.0  # maximum delay of a worker's progress reports
FIELDS = (
    "id", "user_id", "status", "engine", "task", "song_type", "duration_s", "batch_size", "credits_reserved",
    "expected_end_at",
)  # fmt: skip


class InLine(NamedTuple):
    """What the simulation knows of an unfinished job."""

    id: int
    user: int
    left_s: float  # remaining work time; UNKNOWN_S if unknown
    is_made: bool = False  # False: it waits


@dataclass
class _User:
    """A user's state in the simulation."""

    waiting: list[InLine] = field(default_factory=list)  # oldest last
    making: int = 0
    last_start_s: float = -inf  # from now; -inf: none of their jobs was ever started
    version: int = 0

    @property
    def turn(self) -> tuple[int, float, int]:
        """Return the sort key of `JobQuerySet.next_waiting_id`; the lowest is next."""
        return self.making, self.last_start_s, self.waiting[-1].id


class Turns:
    """A priority queue of users, ordered by whose job is started next."""

    def __init__(self, users: Mapping[int, _User]) -> None:
        self._users = users
        self._heap: list[tuple[tuple[int, float, int], int, int]] = []
        for user in users:
            self.changed(user)

    def changed(self, user: int) -> None:
        """Update the user's priority after a change of their state."""
        state = self._users[user]
        state.version += 1
        if state.waiting:
            heapq.heappush(self._heap, (state.turn, user, state.version))

    def next_job(self) -> InLine | None:
        while self._heap:
            _, user, version = heapq.heappop(self._heap)
            if version == self._users[user].version:
                return self._users[user].waiting.pop()
        return None


def simulate_queue(
    entries: Iterable[InLine], worker_count: int, last_starts_s: Mapping[int, float]
) -> dict[int, tuple[float, float]]:
    """Map each job to the seconds from now until it starts and until it is done, in starting order (0 for
    running jobs). `last_starts_s`: user -> when their last song was started, negative."""
    users: dict[int, _User] = defaultdict(_User)
    times: dict[int, tuple[float, float]] = {}
    ends: list[tuple[float, int]] = []  # when each worker's song ends, and its user
    for entry in sorted(entries, key=lambda entry: -entry.id):
        user = users[entry.user]
        user.last_start_s = last_starts_s.get(entry.user, -inf)
        if not entry.is_made:
            user.waiting.append(entry)
        else:
            user.making += 1
            times[entry.id] = (0.0, entry.left_s)
            ends.append((entry.left_s, entry.user))
    ends += [(0.0, 0)] * (worker_count - len(ends))  # a batch can have more songs than workers
    heapq.heapify(ends)
    turns = Turns(users)
    while ends:
        now_s, whose = heapq.heappop(ends)
        if whose:
            users[whose].making -= 1
            turns.changed(whose)
        job = turns.next_job()
        if job is None:
            continue
        times[job.id] = (now_s, now_s + job.left_s)
        users[job.user].making += 1
        users[job.user].last_start_s = now_s
        turns.changed(job.user)
        heapq.heappush(ends, (now_s + job.left_s, job.user))
    return times


class QueueEstimate:
    """The unfinished jobs of all users at one moment."""

    def __init__(self) -> None:
        self.now = timezone.now()

    @cached_property
    def worker_count(self) -> int:
        return live_workers().count()

    @cached_property
    def entries(self) -> list[InLine]:
        making = Job.objects.being_made().values(*FIELDS)[:LONGEST_LINE]
        rows = [*making, *Job.objects.waiting().order_by("id").values(*FIELDS)[:LONGEST_LINE]]
        pace = measured_pace() if rows else SongPace([])
        work_s = cache(pace.work_s)  # a long queue has few kinds of songs
        return [self._entry(row, work_s) for row in rows]

    def _entry(self, row: Mapping[str, Any], work_s: WorkTime) -> InLine:
        if row["status"] == Status.PROCESSING:
            return InLine(row["id"], row["user_id"], self._until_s(row["expected_end_at"]), is_made=True)
        takes = max(1, row["batch_size"])
        take_s = asked_take_s(row["duration_s"], takes, row["credits_reserved"])
        known_s = work_s(row["engine"], row["task"], row["song_type"], take_s, takes)
        return InLine(row["id"], row["user_id"], UNKNOWN_S if known_s is None else known_s)

    def _until_s(self, end: datetime | None) -> float:
        """Return the seconds until an expected end. One that is overdue was wrong and counts as unknown."""
        left_s = (end - self.now).total_seconds() if end else UNKNOWN_S
        return UNKNOWN_S if left_s < -OVERDUE_S else max(0.0, left_s)

    def _since_s(self, moment: datetime | None) -> float:
        return max(0.0, (self.now - moment).total_seconds()) if moment else 0.0

    @cached_property
    def _times(self) -> dict[int, tuple[float, float]]:
        waiting = any(not entry.is_made for entry in self.entries)
        starts = Job.objects.last_starts() if waiting else {}
        last_starts_s = {user: -self._since_s(start) for user, start in starts.items() if start}
        return simulate_queue(self.entries, max(1, self.worker_count), last_starts_s)

    @cached_property
    def left_s(self) -> dict[int, float]:
        """Map each job to the seconds until it is done, where known. That needs a live worker, a running
        job's reported end, and for a waiting job earlier songs like it and like those before it."""
        if not self.worker_count:
            return {}
        return {job_id: end_s for job_id, (_, end_s) in self._times.items() if end_s < UNKNOWN_S}

    @cached_property
    def places(self) -> dict[int, int]:
        """Map each waiting job to the number of jobs started before it."""
        waiting = {entry.id for entry in self.entries if not entry.is_made}
        started = [job_id for job_id in self._times if job_id in waiting]
        return {job_id: place for place, job_id in enumerate(started)}
