"""Signs of life: workers write them, the web side reads them."""

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

ALIVE_S = 20  # a worker silent for so long is not counted; it beats every five seconds
FORGOTTEN = timedelta(hours=1)


def heartbeat_write() -> None:
    """Say that this worker process is alive, and forget those that have long been silent."""
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
    """What a process of this host is called in the table."""
    return f"{socket.gethostname()[:48]}/{pid}"


def any_beat_since(*, seconds: float, pids: Iterable[int]) -> bool:
    """Whether one of these processes of this host was heard of within so many seconds."""
    names = [beat_name(pid) for pid in pids]
    since = timezone.now() - timedelta(seconds=seconds)
    return bool(WorkerHeartbeat.objects.filter(name__in=names, beat_at__gte=since).exists())


def live_workers() -> QuerySet[WorkerHeartbeat]:
    """The workers heard of within ALIVE_S seconds."""
    return WorkerHeartbeat.objects.filter(beat_at__gte=timezone.now() - timedelta(seconds=ALIVE_S))
