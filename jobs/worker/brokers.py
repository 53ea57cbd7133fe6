"""django-q2's brokers, used only to wake workers: the contents of the queue are never read.

A message of django-q2 is a signed pickle that names a function. Here a message only means "look at the Job
table", so the brokers store one fixed word. Any other content, including older messages, wakes a worker too.
The worker's own process creates the package that it receives.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_q.brokers import Broker
from django_q.brokers.orm import ORM
from django_q.brokers.redis_broker import Redis
from django_q.humanhash import uuid
from django_q.signing import SignedPackage

RING = '"ring"'  # as JSON
#: No result rows: the Job has the result. No timeout: the lease limits how long a job may take.
MESSAGE_OPTIONS: dict[str, Any] = {"save": False, "timeout": -1}
TASK_NAME = "make songs"
MAKE_NEXT = "jobs.tasks.make_next"


def order_to_make() -> str:
    """Return the package that django-q2 expects for a message, signed by this process for itself."""
    order = {"id": uuid()[1], "name": TASK_NAME, "func": MAKE_NEXT, "args": (), "kwargs": {}}
    return str(
        SignedPackage.dumps(order | MESSAGE_OPTIONS | {"ack_failure": True, "started": timezone.now()})
    )


class Doorbell(Broker):  # type: ignore[misc]
    """Shared base. It stores no statistics, because django-q2 would pickle them and nothing reads them."""

    def enqueue(self, task: Any) -> Any:
        return super().enqueue(RING)

    def dequeue(self) -> list[tuple[Any, str]] | None:
        rings = super().dequeue()
        return [(mark, order_to_make()) for mark, _ in rings] if rings else None

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        return None

    def get_stat(self, key: str) -> None:
        return None

    def get_stats(self, pattern: str) -> list[Any]:
        return []


class OrmDoorbell(Doorbell, ORM):  # type: ignore[misc]
    """A broker with rows in the database."""


class RedisDoorbell(Doorbell, Redis):  # type: ignore[misc]
    """A broker with a list in Redis."""
