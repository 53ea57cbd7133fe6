"""How fast this machine makes songs, measured from recent songs."""

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

LAST_SONGS = 60  # recent songs used for estimates
ALIKE = 3  # from this many songs of one type, only that type is used
MOST_ALIKE = 16  # the newest of them: a machine changes
APART = 1.2  # takes must differ in length by this factor before they show the cost of a second
LOADING_S = 0.3  # a shorter first stage does not count as loading


class Made(NamedTuple):
    """A finished song."""

    engine: str
    task: str
    song_type: str
    take_s: float  # length of one take
    takes: int
    work_s: float  # total time without the loading of its engine
    loading_s: float = 0.0

    @property
    def each_s(self) -> float:
        return self.work_s / self.takes


@dataclass(frozen=True)
class SongPace:
    """Estimates from recent songs. Uses medians, because a song may have waited for a sleeping machine."""

    made: Sequence[Made]  # newest first

    def work_s(self, engine: str, task: str, song_type: str, take_s: float, takes: int) -> float | None:
        """Return the seconds of work for `takes` takes of this length; None if no similar song was made
        yet."""
        songs = self._alike(engine, task, song_type)
        if not songs or take_s <= 0:
            return None
        return takes * each_take_s([(song.take_s, song.each_s) for song in songs], take_s)

    def loading_s(self, engine: str) -> float:
        """Return how long the first song of a process waits for its engine; 0 if never observed."""
        seen = [song.loading_s for song in self.made if song.engine == engine and song.loading_s > LOADING_S]
        return statistics.median(seen) if seen else 0.0

    def _alike(self, engine: str, task: str, song_type: str) -> Sequence[Made]:
        """Return similar songs. Work on an existing song and making a new one say nothing about each
        other."""
        is_new = task in TASKS
        own = [song for song in self.made if song.engine == engine and (song.task in TASKS) == is_new]
        if not is_new:
            return [song for song in own if song.task == task][:MOST_ALIKE]
        alike = [song for song in own if song.song_type == song_type]
        return (alike if len(alike) >= ALIKE else own)[:MOST_ALIKE]


def each_take_s(measured: Sequence[tuple[float, float]], take_s: float) -> float:
    """Estimate the work for a take of `take_s` seconds from measured pairs (length, seconds of work): a line
    through the medians, with the median slope of the pairs, because a part of the work does not grow with the
    length. Takes of a single length cannot show that part, and count as if there were none."""
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
    """Return the pace from the server's latest songs. One query."""
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
    """Return the length of a take of a waiting job; the usual length if it was left open; 0 if that is
    unknown too."""
    if duration_s:
        return float(duration_s)
    per_minute = settings.CREDITS_PER_MINUTE
    return float(credits_reserved * 60 / per_minute / HEADROOM / max(1, takes)) if per_minute else 0.0
