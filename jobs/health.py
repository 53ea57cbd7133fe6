"""Health checks of what a server depends on: one sentence for each problem."""

from __future__ import annotations

import secrets
import shutil
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_q.brokers import get_broker

from audiomusic.engines.registry import EngineEntry
from jobs.heartbeat import live_workers
from jobs.models import Job, WorkerHeartbeat
from jobs.storage.budgets import disk_shortage

LEAST_FREE_BYTES = 500_000_000
PROBE_FOLDER = "doctor"  # in the storage, only during the check


def database_problems() -> list[str]:
    """Check that the database responds and that all migrations are applied."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:  # each database backend has its own errors
        return [f"The database does not respond: {_first_line(error)}"]
    names = ", ".join(f"{migration.app_label} {migration.name}" for migration, _ in missing[:3])
    return [f"{len(missing)} migrations are missing ({names}); serve makes them."] if missing else []


def storage_problems() -> list[str]:
    """Check that a file can be written, read and deleted."""
    name = f"{PROBE_FOLDER}/{secrets.token_hex(16)}"
    try:
        default_storage.save(name, ContentFile(b"audio"))
        with default_storage.open(name) as file:
            content = file.read()
        default_storage.delete(name)
    except Exception as error:  # each storage backend has its own errors
        return [f"The storage accepts no files: {_first_line(error)}"]
    return [] if content == b"audio" else ["The storage returns different bytes than were stored."]


def queue_problems() -> list[str]:
    """Check that messages can be sent and that the cache, which counts calls, responds."""
    problems = []
    for what, ask in (("queue", _ask_queue), ("counter of calls", _ask_cache)):
        try:
            ask()
        except Exception as error:  # each broker and cache has its own errors
            problems.append(f"The {what} does not respond: {_first_line(error)}")
    return problems


def _ask_queue() -> None:
    get_broker().queue_size()


def _ask_cache() -> None:
    cache.get("doctor")


def disk_space_problems() -> list[str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free >= LEAST_FREE_BYTES:
        return []
    wanted = LEAST_FREE_BYTES // 1_000_000
    return [f"Expected at least {wanted} MB free at {settings.DATA_DIR}, got {free // 1_000_000}."]


def worker_problems() -> list[str]:
    """Check that a worker is running if songs wait or are being made."""
    count = Job.objects.waiting().count() + Job.objects.being_made().count()
    if not count or live_workers().exists():
        return []
    return [f"{count} songs are waiting, but no worker is running."]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


#: Reported by workers that have the engine in memory.
ENGINE_FACTS = ("device", "dtype", "quantization", "variant", "memory_bytes")


class Health(NamedTuple):
    state: str  # healthy, degraded, unavailable
    reason: str | None = None


def is_almost_full() -> bool:
    return bool(disk_shortage()) or (
        settings.STORAGE == "file" and shutil.disk_usage(settings.DATA_DIR).free < LEAST_FREE_BYTES
    )


def health_of(workers: list[WorkerHeartbeat]) -> Health:
    """Return the worst state that applies now, with its reason as a sentence."""
    if not workers:
        return Health("unavailable", "No worker is running; jobs wait until one starts.")
    lapsed = Job.objects.lapsed(timezone.now()).count()
    if lapsed:
        return Health("degraded", f"{lapsed} jobs have lost their worker and wait for another one.")
    if is_almost_full():
        return Health("degraded", "The disk that stores the audio is almost full.")
    return Health("healthy")


def engine_body(entry: EngineEntry, loaded: dict[str, dict[str, Any]]) -> dict[str, Any]:
    facts = loaded.get(entry.name, {})
    return {
        "name": entry.name,
        "label": entry.label,
        "version": entry.version,
        "tasks": list(entry.tasks),
        "tools": [{"name": name, "sources": list(sources)} for name, sources in entry.tools.items()],
        "unused_parameters": list(entry.unused_parameters),
        "needs_weights": entry.needs_weights,
        "loaded": entry.name in loaded,
        **{name: facts.get(name) for name in ENGINE_FACTS},
    }
