"""Signs of life: workers write them, the web side reads them."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

import psutil
from django.db.models import QuerySet
from django.utils import timezone

from audiomusic.engines.registry import engine_facts
from jobs.models import WorkerBeat

ALIVE_S = 20  # a worker silent for so long is not counted; it beats every five seconds
FORGOTTEN = timedelta(hours=1)


def beat_write() -> None:
    """Say that this worker process is alive, and forget those that have long been silent."""
    now = timezone.now()
    values = {
        "beat_at": now,
        "engines_loaded": engine_facts(),
        "memory_bytes": psutil.Process().memory_info().rss,
    }
    name = f"{socket.gethostname()[:48]}/{os.getpid()}"
    _, is_new = WorkerBeat.objects.update_or_create(name=name, defaults=values)
    if is_new:
        WorkerBeat.objects.filter(beat_at__lt=now - FORGOTTEN).delete()


def live_workers() -> QuerySet[WorkerBeat]:
    """The workers heard of within ALIVE_S seconds."""
    return WorkerBeat.objects.filter(beat_at__gte=timezone.now() - timedelta(seconds=ALIVE_S))
