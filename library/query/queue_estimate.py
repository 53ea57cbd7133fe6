"""When each unfinished job will be done: the claims of the next hours played through, in the order in which
workers make them, each song taking as long as the last ones like it took.

Compared with what came by `manage.py bench queue`.
"""

from __future__ import annotations

import heapq
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from math import inf
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from audiomusic.engines.estimate import HEADROOM
from jobs.heartbeat import live_workers
from jobs.models import Job, Status

LAST_SONGS = 60  # whose speed is taken for the next ones'
ALIKE = 3  # songs of one type say more than songs of all types, once there are so many
LONGEST_LINE = 2000  # waiting jobs that are looked at
UNKNOWN_S = 1e8  # longer than anything takes: stands for what nobody can know, and keeps the order
FIELDS = (
    "id", "user_id", "status", "engine", "song_type", "duration_s", "batch_size", "credits_reserved",
    "progress", "started_at",
)  # fmt: skip


class InLine(NamedTuple):
    """An unfinished job, as far as waiting for it is concerned."""

    id: int
    user: int
    work_s: float  # for all of it; UNKNOWN_S where no song of its engine was made yet
    done_s: float | None  # it has been in the making for so long; None while it waits
    share: float = 0.0  # 0..1 of it is done, as its engine says

    @property
    def left_s(self) -> float:
        """Of its own making. Engines tell their share in steps, and not evenly: the further they say to be,
        the more what they took until there counts, and the less what others took."""
        if self.done_s is None:
            return self.work_s
        by_others = max(self.work_s - self.done_s, 0.0)
        if not self.share:
            return by_others
        by_itself = self.done_s * (1 / self.share - 1)
        known = self.share if self.work_s < UNKNOWN_S else 1.0
        return (1 - known) * by_others + known * by_itself


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
        if entry.done_s is None:
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
        times[job.id] = (now_s, now_s + job.work_s)
        users[job.user].making += 1
        users[job.user].last_start_s = now_s
        turns.changed(job.user)
        heapq.heappush(ends, (now_s + job.work_s, job.user))
    return times


class Made(NamedTuple):
    """A finished song."""

    engine: str
    song_type: str
    pace: float  # seconds of work for a second of audio


@dataclass(frozen=True)
class SpeedEstimates:
    """How fast songs are made. A middle one is taken: the first loads its engine, and one may have waited
    for a machine that slept."""

    made: Sequence[Made]

    def of(self, engine: str, song_type: str) -> float | None:
        """Seconds of work for a second of audio; None where the engine has made nothing yet."""
        own = [song.pace for song in self.made if song.engine == engine]
        alike = [song.pace for song in self.made if (song.engine, song.song_type) == (engine, song_type)]
        if len(alike) >= ALIKE:
            own = alike
        return statistics.median(own) if own else None


def measured_speeds() -> SpeedEstimates:
    """Of the server's last songs."""
    songs = (
        Job.objects.filter(status=Status.COMPLETED)
        .exclude(started_at=None)
        .order_by("-id")
        .values_list("engine", "song_type", "started_at", "completed_at", "duration_s", "batch_size")
    )
    return SpeedEstimates(
        [
            Made(engine, song_type, max(0.0, (end - start).total_seconds()) / (duration_s * batch_size))
            for engine, song_type, start, end, duration_s, batch_size in songs[:LAST_SONGS]
            if end and duration_s
        ]
    )


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
        pace_of = cache(
            (measured_speeds() if rows else SpeedEstimates([])).of
        )  # a long line has few kinds of songs
        return [self._entry(row, pace_of(row["engine"], row["song_type"])) for row in rows]

    def _entry(self, row: Mapping[str, Any], pace: float | None) -> InLine:
        audio_s = _audio_s(row)
        is_made = row["status"] == Status.PROCESSING
        return InLine(
            row["id"],
            row["user_id"],
            UNKNOWN_S if pace is None or not audio_s else pace * audio_s,
            self._since_s(row["started_at"]) if is_made else None,
            (row["progress"] or 0) / 100 if is_made else 0.0,
        )

    def _since_s(self, moment: datetime | None) -> float:
        return max(0.0, (self.now - moment).total_seconds()) if moment else 0.0

    @cached_property
    def _times(self) -> dict[int, tuple[float, float]]:
        waiting = any(entry.done_s is None for entry in self.entries)
        starts = Job.objects.last_starts() if waiting else {}
        last_starts_s = {user: -self._since_s(start) for user, start in starts.items() if start}
        return simulate_queue(self.entries, max(1, self.worker_count), last_starts_s)

    @cached_property
    def left_s(self) -> dict[int, float]:
        """Job -> seconds until it is done, where that can be known: somebody works, and a song of its
        engine, and of those before it, was made before."""
        if not self.worker_count:
            return {}
        return {job_id: end_s for job_id, (_, end_s) in self._times.items() if end_s < UNKNOWN_S}

    @cached_property
    def places(self) -> dict[int, int]:
        """Waiting job -> how many are started before it."""
        waiting = {entry.id for entry in self.entries if entry.done_s is None}
        started = [job_id for job_id in self._times if job_id in waiting]
        return {job_id: place for place, job_id in enumerate(started)}


def _audio_s(row: Mapping[str, Any]) -> float:
    """How much is to be made; of a job that left its length open, what is usual; 0 where
    nothing tells that either."""
    if row["duration_s"]:
        return float(row["duration_s"] * row["batch_size"])
    per_minute = settings.CREDITS_PER_MINUTE
    return float(row["credits_reserved"] * 60 / per_minute / HEADROOM) if per_minute else 0.0
