"""What a server stands on, asked whether it is there: a sentence for each thing that is not."""

from __future__ import annotations

import secrets
import shutil

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_q.brokers import get_broker

from jobs.heartbeat import live_workers
from jobs.models import Job

LEAST_FREE_BYTES = 500_000_000
PROBE_FOLDER = "doctor"  # in the storage, for as long as it is looked at


def database_problems() -> list[str]:
    """It answers, and its tables are of this version."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:  # every database has errors of its own
        return [f"The database does not answer: {_first_line(error)}"]
    names = ", ".join(f"{migration.app_label} {migration.name}" for migration, _ in missing[:3])
    return [f"{len(missing)} migrations were not made ({names}); serve makes them."] if missing else []


def storage_problems() -> list[str]:
    """What is written can be read, and deleted."""
    name = f"{PROBE_FOLDER}/{secrets.token_hex(16)}"
    try:
        default_storage.save(name, ContentFile(b"audio"))
        with default_storage.open(name) as file:
            content = file.read()
        default_storage.delete(name)
    except Exception as error:  # every storage has errors of its own
        return [f"The storage takes no files: {_first_line(error)}"]
    return [] if content == b"audio" else ["The storage gives back other bytes than it was given."]


def queue_problems() -> list[str]:
    """Messages can be sent, and calls be counted."""
    problems = []
    for what, ask in (("queue", _ask_queue), ("counter of calls", _ask_cache)):
        try:
            ask()
        except Exception as error:  # every broker and cache has errors of its own
            problems.append(f"The {what} does not answer: {_first_line(error)}")
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
    return [f"At least {wanted} MB were wanted free at {settings.DATA_DIR}, but {free // 1_000_000} are."]


def worker_problems() -> list[str]:
    """Where songs wait or are in the making, somebody is there to make them."""
    count = Job.objects.waiting().count() + Job.objects.being_made().count()
    if not count or live_workers().exists():
        return []
    return [f"{count} songs are to be made, but no worker is running."]


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
