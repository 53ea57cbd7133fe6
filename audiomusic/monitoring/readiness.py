"""Whether this process could take a job: what it stands on, asked a few times a minute at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.health import database_problems, queue_problems, storage_problems

KEPT_S = 5.0  # anybody may ask, and each asking writes a file and reads the table of migrations

CHECKS: dict[str, Callable[[], list[str]]] = {
    "database": database_problems,
    "storage": storage_problems,
    "queue": queue_problems,
}


@dataclass
class Readiness:
    """What was found last. Of many askers one looks, and the others wait for what it finds."""

    _found: dict[str, list[str]] = field(default_factory=dict)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def problems(self) -> dict[str, list[str]]:
        """What was looked at -> a sentence for each thing that is wrong with it."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = {name: look() for name, look in CHECKS.items()}
                self._until = time.monotonic() + KEPT_S
            return self._found

    def forget(self) -> None:
        """Look the next time."""
        self._until = 0.0


READINESS = Readiness()
