"""Metrics of jobs and workers, read from the database on request, so each host reports the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jobs.heartbeat import live_workers
from jobs.models import Job, JobCount, Status

LATELY = timedelta(hours=1)  # jobs created since then count for failures and speed
MOST_SONGS = 200  # the most of them whose stages are read


class FinishedSong(NamedTuple):
    """The values of a finished song that `/metrics` uses."""

    duration_s: float | None
    batch_size: int
    stage_s: dict[str, float] | None


class JobCollector(Collector):
    """Collects all job metrics with a few queries, none of which grows with the number of songs."""

    def collect(self) -> Iterator[Metric]:
        yield _jobs()
        yield _queue_age()
        yield from _workers()
        yield _failures()
        yield from _speed()


def _jobs() -> Metric:
    family = GaugeMetricFamily("audiomusic_jobs", "Jobs by status.", labels=["status"])
    rows = JobCount.objects.filter(kind="").values_list("status").annotate(Sum("count"))
    counts = dict(rows.order_by())
    for status in Status.values:
        family.add_metric([status], counts.get(status, 0))
    return family


def _queue_age() -> Metric:
    oldest = Job.objects.waiting().order_by("id").values_list("created_at", flat=True).first()
    age_s = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return GaugeMetricFamily("audiomusic_queue_oldest_seconds", "Age of the oldest waiting job.", value=age_s)


def _workers() -> Iterator[Metric]:
    sizes = list(live_workers().values_list("memory_bytes", flat=True))
    yield GaugeMetricFamily("audiomusic_workers", "Workers with a recent heartbeat.", value=len(sizes))
    yield GaugeMetricFamily("audiomusic_workers_memory_bytes", "Their total memory.", value=sum(sizes))


def _failures() -> Metric:
    family = GaugeMetricFamily(
        "audiomusic_recent_failures", "Jobs of the last hour that failed, by error code.", labels=["code"]
    )
    failed = Job.objects.filter(created_at__gte=timezone.now() - LATELY, status=Status.FAILED)
    for code, count in failed.values_list("error_code").annotate(Count("id")).order_by("error_code"):
        family.add_metric([code], count)
    return family


def _speed() -> Iterator[Metric]:
    songs = _songs_made_lately()
    seconds: Counter[str] = Counter()
    for song in songs:
        seconds.update(song.stage_s or {})
    made_s = sum((song.duration_s or 0) * song.batch_size for song in songs)
    took_s = sum(seconds.values())
    yield GaugeMetricFamily(
        "audiomusic_recent_audio_seconds_per_second",
        "Seconds of music made per second of work, in the last hour; 0 without songs.",
        value=made_s / took_s if took_s else 0.0,
    )
    stages = GaugeMetricFamily(
        "audiomusic_recent_stage_seconds", "Average duration of each stage of a song.", labels=["stage"]
    )
    for stage, stage_s in sorted(seconds.items()):
        stages.add_metric([stage], stage_s / len(songs))
    yield stages


def _songs_made_lately() -> list[FinishedSong]:
    newest = Job.objects.filter(created_at__gte=timezone.now() - LATELY, status=Status.COMPLETED)
    rows = newest.exclude(stage_s=None).order_by("-created_at", "-id")
    return [FinishedSong(*row) for row in rows.values_list(*FinishedSong._fields)[:MOST_SONGS]]
