"""How fast this machine makes songs, measured by those that it has made."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from django.conf import settings

from audiomusic.engines.estimate import HEADROOM
from jobs.models import Job, Status
from jobs.specs.parameters import TASKS

LAST_SONGS = 60  # whose speed is taken for the next ones'
ALIKE = 3  # songs of one type say more than songs of all types, once there are so many
MOST_ALIKE = 16  # the newest of them: a machine changes
APART = 1.2  # two takes differ in length by so much, before their difference tells what a second costs
LOADING_S = 0.3  # a shorter first stage is no loading


class Made(NamedTuple):
    """A finished song."""

    engine: str
    task: str
    song_type: str
    take_s: float  # the length of one take
    takes: int
    work_s: float  # all that it took, without the loading of its engine
    loading_s: float = 0.0

    @property
    def each_s(self) -> float:
        return self.work_s / self.takes


@dataclass(frozen=True)
class SongPace:
    """What the last songs tell of the next. Middle values are taken: one song may have waited for a machine
    that slept."""

    made: Sequence[Made]  # the newest first

    def work_s(self, engine: str, task: str, song_type: str, take_s: float, takes: int) -> float | None:
        """Seconds of work for so many takes of that length; None where nothing like it was made yet."""
        songs = self._alike(engine, task, song_type)
        if not songs or take_s <= 0:
            return None
        return takes * each_take_s([(song.take_s, song.each_s) for song in songs], take_s)

    def loading_s(self, engine: str) -> float:
        """What the first song of a process waits for its engine, as far as that was seen."""
        seen = [song.loading_s for song in self.made if song.engine == engine and song.loading_s > LOADING_S]
        return statistics.median(seen) if seen else 0.0

    def _alike(self, engine: str, task: str, song_type: str) -> Sequence[Made]:
        """Work on a song that exists is like no making of one, so neither tells of the other."""
        is_new = task in TASKS
        own = [song for song in self.made if song.engine == engine and (song.task in TASKS) == is_new]
        if not is_new:
            return [song for song in own if song.task == task][:MOST_ALIKE]
        alike = [song for song in own if song.song_type == song_type]
        return (alike if len(alike) >= ALIKE else own)[:MOST_ALIKE]


def each_take_s(measured: Sequence[tuple[float, float]], take_s: float) -> float:
    """What a take of `take_s` takes, by (length, seconds of work) of others: a line through their middle,
    as steep as most pairs of them are, because a part of the work does not grow with the length. Takes of
    one length alone do not tell how large that part is, and count as if there were none."""
    middle_s = statistics.median(length for length, _ in measured)
    middle_work_s = statistics.median(work for _, work in measured)
    proportional = middle_work_s / middle_s
    slopes = [
        (work - other_work) / (length - other_length)
        for (length, work), (other_length, other_work) in combinations(measured, 2)
        if max(length, other_length) >= APART * min(length, other_length)
    ]
    slope = min(max(statistics.median(slopes), 0.0), proportional) if slopes else proportional
    return middle_work_s + slope * (take_s - middle_s)


def measured_pace() -> SongPace:
    """Of the server's last songs. One query."""
    songs = (
        Job.objects.filter(status=Status.COMPLETED)
        .exclude(started_at=None)
        .order_by("-id")
        .values_list(
            "engine", "task", "song_type", "duration_s", "batch_size", "started_at", "completed_at", "stage_s"
        )
    )
    made = []
    for engine, task, song_type, take_s, takes, start, end, stage_s in songs[:LAST_SONGS]:
        if start and end and take_s:
            stages = stage_s or {}
            loading_s = float(stages.get("loading", 0.0))
            idle_s = loading_s + float(stages.get("waiting", 0.0))
            work_s = max(0.0, (end - start).total_seconds() - idle_s)
            made.append(Made(engine, task, song_type, take_s, max(1, takes), work_s, loading_s))
    return SongPace(made)


def asked_take_s(duration_s: float | None, takes: int, credits_reserved: int) -> float:
    """How long a take of a waiting job will be; of one that left its length open, what is usual; 0 where
    nothing tells that either."""
    if duration_s:
        return float(duration_s)
    per_minute = settings.CREDITS_PER_MINUTE
    return float(credits_reserved * 60 / per_minute / HEADROOM / max(1, takes)) if per_minute else 0.0
