"""When each unfinished job will be done: the claims of the next hours played through, in the order in which
workers make them, each song taking as long as the last ones like it took, and those in the making as long as
their workers say.

Compared with what came by `manage.py bench queue`.
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

LONGEST_LINE = 2000  # waiting jobs that are looked at
UNKNOWN_S = 1e8  # longer than anything takes: stands for what nobody can know, and keeps the order
OVERDUE_S = 3.0  # a worker writes its progress this much late at most
FIELDS = (
    "id", "user_id", "status", "engine", "task", "song_type", "duration_s", "batch_size", "credits_reserved",
    "expected_end_at",
)  # fmt: skip


class InLine(NamedTuple):
    """An unfinished job, as far as waiting for it is concerned."""

    id: int
    user: int
    left_s: float  # of its own making; UNKNOWN_S where nobody can know
    is_made: bool = False  # now; else it waits


@dataclass
class _User:
    """Whose jobs wait."""

    waiting: list[InLine] = field(default_factory=list)  # the oldest last
    making: int = 0
    last_start_s: float = -inf  # from now; -inf: nothing of theirs was ever started
    version: int = 0

    @property
    def turn(self) -> tuple[int, float, int]:
        """As `JobQuerySet.next_waiting_id` orders: the least is next."""
        return self.making, self.last_start_s, self.waiting[-1].id


class Turns:
    """Users by whose turn it is."""

    def __init__(self, users: Mapping[int, _User]) -> None:
        self._users = users
        self._heap: list[tuple[tuple[int, float, int], int, int]] = []
        for user in users:
            self.changed(user)

    def changed(self, user: int) -> None:
        """What was known of the user's turn holds no longer."""
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
    """Job -> seconds from now until it is started and until it is done, in the order of the starts (0 for
    what is in the making). `last_starts_s`: user -> when a song of theirs was last started, before 0."""
    users: dict[int, _User] = defaultdict(_User)
    times: dict[int, tuple[float, float]] = {}
    ends: list[tuple[float, int]] = []  # of each worker's song, and whose it is
    for entry in sorted(entries, key=lambda entry: -entry.id):
        user = users[entry.user]
        user.last_start_s = last_starts_s.get(entry.user, -inf)
        if not entry.is_made:
            user.waiting.append(entry)
        else:
            user.making += 1
            times[entry.id] = (0.0, entry.left_s)
            ends.append((entry.left_s, entry.user))
    ends += [(0.0, 0)] * (worker_count - len(ends))  # a batch has more songs than workers
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
    """Everybody's unfinished jobs at one moment."""

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
        work_s = cache(pace.work_s)  # a long line has few kinds of songs
        return [self._entry(row, work_s) for row in rows]

    def _entry(self, row: Mapping[str, Any], work_s: WorkTime) -> InLine:
        if row["status"] == Status.PROCESSING:
            return InLine(row["id"], row["user_id"], self._until_s(row["expected_end_at"]), is_made=True)
        takes = max(1, row["batch_size"])
        take_s = asked_take_s(row["duration_s"], takes, row["credits_reserved"])
        known_s = work_s(row["engine"], row["task"], row["song_type"], take_s, takes)
        return InLine(row["id"], row["user_id"], UNKNOWN_S if known_s is None else known_s)

    def _until_s(self, end: datetime | None) -> float:
        """An end that is over, and has not come, was a mistake."""
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
        """Job -> seconds until it is done, where that can be known: somebody works, its worker tells of one
        in the making, and songs like those that wait, and wait before it, were made before."""
        if not self.worker_count:
            return {}
        return {job_id: end_s for job_id, (_, end_s) in self._times.items() if end_s < UNKNOWN_S}

    @cached_property
    def places(self) -> dict[int, int]:
        """Waiting job -> how many are started before it."""
        waiting = {entry.id for entry in self.entries if not entry.is_made}
        started = [job_id for job_id in self._times if job_id in waiting]
        return {job_id: place for place, job_id in enumerate(started)}
