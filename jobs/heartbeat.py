"""Worker heartbeats: workers write them, the web side reads them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import timedelta

import psutil
from django.db.models import QuerySet
from django.utils import timezone

from audiomusic.engines.registry import engine_facts
from jobs.models import WorkerHeartbeat

ALIVE_S = 20  # a worker silent for this long is not counted; its heartbeat is every five seconds
FORGOTTEN = timedelta(hours=1)


def heartbeat_write() -> None:
    """Record that this worker process is alive; a new worker also deletes heartbeats that are long out of
    date."""
    now = timezone.now()
    values = {
        "beat_at": now,
        "engines_loaded": engine_facts(),
        "memory_bytes": psutil.Process().memory_info().rss,
    }
    _, is_new = WorkerHeartbeat.objects.update_or_create(name=beat_name(os.getpid()), defaults=values)
    if is_new:
        WorkerHeartbeat.objects.filter(beat_at__lt=now - FORGOTTEN).delete()


def beat_name(pid: int) -> str:
    """Return the name of a process of this host in the table."""
    return f"{socket.gethostname()[:48]}/{pid}"


def any_beat_since(*, seconds: float, pids: Iterable[int]) -> bool:
    """Whether any of these processes of this host wrote a heartbeat within the last `seconds`."""
    names = [beat_name(pid) for pid in pids]
    since = timezone.now() - timedelta(seconds=seconds)
    return bool(WorkerHeartbeat.objects.filter(name__in=names, beat_at__gte=since).exists())


def live_workers() -> QuerySet[WorkerHeartbeat]:
    """Return the workers with a heartbeat within the last ALIVE_S seconds."""
    return WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - timedelta(seconds=ALIVE_S))
