"""The dashboard that shows staff the state of the service.

However many jobs there are, each figure costs a bounded read: an index that covers the query, over the
requested period only, or a fixed number of rows. Figures without a period are cached for a minute.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone

from audiomusic.adminkit.charts import Column, Columns, share_of, stacked
from audiomusic.db.periods import Period, PeriodKey
from audiomusic.engines.registry import ENGINES
from jobs.health import Health, engine_body, health_of
from jobs.heartbeat import ALIVE_S
from jobs.managers import JobQuerySet
from jobs.models import STORED_MODELS, Job, Status, WorkerHeartbeat
from jobs.representations import STATUS_LABELS
from jobs.specs.build import resolve_engine

#: From the bottom of a column to its top.
OUTCOMES = (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PROCESSING, Status.PENDING)
SHOWN = 50  # jobs in progress and failure codes shown at most
TIMED_JOBS = 200  # jobs whose stages are read
STORAGE_KEY, STORAGE_KEPT_S = "dashboard-storage", 60
STORAGE_REST = 200  # cache lifetime as a multiple of the time the query took, if that is longer


@dataclass(frozen=True)
class Failures:
    """Jobs of the period that failed with one error code."""

    code: str
    count: int
    length: float  # bar length, 0..100
    address: str  # URL of the list of them


class StageTime(NamedTuple):
    """How long one stage of recent songs took."""

    stage: str
    p50_s: float
    p95_s: float
    p50_length: float  # bar length, 0..100
    p95_length: float


@dataclass(frozen=True)
class Kept:
    """The files of one format."""

    format: str
    count: int
    byte_count: int
    length: float


@dataclass(frozen=True)
class Storage:
    formats: list[Kept]
    count: int
    byte_count: int
    free_bytes: int | None  # on the disk; None if files are stored elsewhere


class Worker(NamedTuple):
    beat: WorkerHeartbeat
    is_alive: bool
    silent_s: int
    jobs: list[Job]  # jobs whose leases it holds; none while it is silent


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of the jobs created within a period."""

    chart: Columns
    totals: dict[str, int]
    failures: list[Failures]
    failed_percent: float  # of those that completed or failed
    span: Period

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Each series with its label."""
        return [(series, STATUS_LABELS[Status(series)]) for series in self.chart.series]

    @property
    def table(self) -> list[tuple[str, list[int], int]]:
        """Rows of (label, a count for each outcome, total), newest first."""
        return [
            (column.label, [_value(column, series) for series in self.chart.series], column.total)
            for column in reversed(self.chart.columns)
        ]

    @property
    def sentence(self) -> str:
        counts = [(self.totals.get(each, 0), STATUS_LABELS[each].lower()) for each in OUTCOMES]
        parts = [f"{count:,} {label}" for count, label in counts if count]
        return f"{self.chart.total:,} jobs in {self.span.label}{': ' if parts else ''}{', '.join(parts)}."


@dataclass(frozen=True)
class Queue:
    waiting: int
    oldest_at: datetime | None
    being_made: int


@dataclass(frozen=True)
class Workforce:
    """The workers, their jobs, and the running jobs without a worker."""

    workers: list[Worker]
    left_alone: list[Job]
    health: Health
    engines: list[dict[str, Any]]
    engine: str  # the default engine

    @property
    def alive_count(self) -> int:
        return sum(worker.is_alive for worker in self.workers)


def outcomes(span: Period, now: datetime) -> Outcomes:
    """Read the outcomes with one query, over an index that covers it."""
    starts = span.starts(now)
    counts: dict[str, Counter[str]] = {span.stamp(start): Counter() for start in starts}
    totals: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for stamp, status, code, count in _counted(span, starts[0]):
        counts.get(stamp, Counter())[status] += count
        totals[status] += count
        if status == Status.FAILED:
            codes[code] += count
    rows = [(span.label_of(start), counts[span.stamp(start)]) for start in starts]
    ended = totals[Status.COMPLETED] + totals[Status.FAILED]
    return Outcomes(
        stacked(rows, OUTCOMES),
        dict(totals),
        _failures(codes, starts[0]),
        round(100 * totals[Status.FAILED] / ended, 1) if ended else 0.0,
        span,
    )


def _value(column: Column, series: str) -> int:
    return next((piece.value for piece in column.pieces if piece.series == series), 0)


def _counted(span: Period, since: datetime) -> Any:
    jobs = Job.objects.filter(created_at__gte=since).order_by()
    alike = jobs.annotate(stamp=PeriodKey("created_at", span.chars)).values_list(
        "stamp", "status", "error_code"
    )
    return alike.annotate(count=Count("id"))


def _failures(codes: Counter[str], since: datetime) -> list[Failures]:
    most = codes.most_common(SHOWN)
    return [
        Failures(code or "unknown", count, share_of(count, most[0][1]), jobs_address(code, since))
        for code, count in most
    ]


def jobs_address(code: str, since: datetime) -> str:
    """Return the admin's list of jobs that have failed with `code` since then."""
    asked = {"error_code__exact": code, "created_at__gte": f"{since:%Y-%m-%d %H:%M:%SZ}"}
    return f"{reverse('admin:jobs_job_changelist')}?{urlencode(asked)}"


def queue() -> Queue:
    """Read the queue with three queries, over indexes of unfinished jobs only."""
    waiting = Job.objects.waiting()
    return Queue(
        waiting.count(),
        waiting.order_by("id").values_list("created_at", flat=True).first(),
        Job.objects.being_made().count(),
    )


def workforce(now: datetime) -> Workforce:
    """Return workers that were recently active, each with the jobs whose lease it holds."""
    beats = list(WorkerHeartbeat.objects.order_by("name"))
    making = list(_in_the_making())
    workers = [_worker(beat, making, now) for beat in beats]
    held = {job.pk for worker in workers for job in worker.jobs}
    living = [worker.beat for worker in workers if worker.is_alive]
    loaded = {name: facts for beat in living for name, facts in beat.engines_loaded.items()}
    return Workforce(
        workers,
        [job for job in making if job.pk not in held],
        health_of(living),
        [engine_body(entry, loaded) for entry in ENGINES.values()],
        resolve_engine(None).name,
    )


def _in_the_making() -> JobQuerySet:
    shown = ("display_name", "stage", "progress", "started_at", "lease_owner", "user__username")
    return Job.objects.being_made().select_related("user").only(*shown).order_by("id")[:SHOWN]


def _worker(beat: WorkerHeartbeat, making: Sequence[Job], now: datetime) -> Worker:
    silent_s = max(0, int((now - beat.beat_at).total_seconds()))
    is_alive = silent_s <= ALIVE_S
    return Worker(beat, is_alive, silent_s, _held_by(beat, making) if is_alive else [])


def _held_by(beat: WorkerHeartbeat, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs of a worker. Its name and its leases both begin with host and process; a lease has a
    shorter part of the host."""
    host, _, process = beat.name.rpartition("/")
    return [
        job
        for job in jobs
        if (parts := job.lease_owner.split("/"))[1:2] == [process] and host.startswith(parts[0])
    ]


def stage_times(span: Period, now: datetime) -> list[StageTime]:
    """Return the stage times of the newest songs of the period, slowest stage first. One query, over a fixed
    number of rows."""
    made = Job.objects.filter(
        status=Status.COMPLETED, created_at__gte=span.starts(now)[0], stage_s__isnull=False
    )
    taken: dict[str, list[float]] = {}
    for stage_s in made.order_by("-created_at").values_list("stage_s", flat=True)[:TIMED_JOBS]:
        for stage, seconds in (stage_s or {}).items():
            taken.setdefault(stage, []).append(seconds)
    times = {stage: (percentile(seconds, 50), percentile(seconds, 95)) for stage, seconds in taken.items()}
    longest = max((p95_s for _, p95_s in times.values()), default=0.0)
    slowest = sorted(times.items(), key=lambda item: item[1], reverse=True)
    return [
        StageTime(stage, p50_s, p95_s, share_of(p50_s, longest), share_of(p95_s, longest))
        for stage, (p50_s, p95_s) in slowest
    ]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that at least `percent` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def storage() -> Storage:
    """Return what all files take. Reads an index entry per file, so it is cached for at least a minute, and
    long enough to use at most half a percent of the time."""
    rows = cache.get(STORAGE_KEY)
    if rows is None:
        began_at = time.monotonic()
        rows = _kept_rows()
        took_s = time.monotonic() - began_at
        cache.set(STORAGE_KEY, rows, max(STORAGE_KEPT_S, int(STORAGE_REST * took_s)))
    largest = max((byte_count for _, _, byte_count in rows), default=0)
    is_here = settings.STORAGE == "file" and settings.DATA_DIR.exists()
    return Storage(
        [Kept(name, count, byte_count, share_of(byte_count, largest)) for name, count, byte_count in rows],
        sum(count for _, count, _ in rows),
        sum(byte_count for _, _, byte_count in rows),
        shutil.disk_usage(settings.DATA_DIR).free if is_here else None,
    )


def _kept_rows() -> list[tuple[str, int, int]]:
    """Return (format, files, bytes), largest first."""
    rows = [
        row
        for model in STORED_MODELS
        for row in model._default_manager.order_by()
        .values_list("format")
        .annotate(count=Count("id"), total=Sum("byte_count"))
    ]
    return sorted(rows, key=lambda row: row[2], reverse=True)


def figures(span: Period) -> dict[str, Any]:
    """Return all figures of the jobs on the front page."""
    now = timezone.now()
    return {
        "now": now,
        "outcomes": outcomes(span, now),
        "queue": queue(),
        "workforce": workforce(now),
        "stages": stage_times(span, now),
        "storage": storage(),
    }
