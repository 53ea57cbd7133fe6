"""Whether this process can accept a job: checks of its dependencies, cached for a few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.health import database_problems, queue_problems, storage_problems

KEPT_S = 5.0  # anyone may ask, and each check writes a file and reads the migrations table

CHECKS: dict[str, Callable[[], list[str]]] = {
    "database": database_problems,
    "storage": storage_problems,
    "queue": queue_problems,
}


@dataclass
class Readiness:
    """The last results. Of concurrent callers one runs the checks, and the others wait for its results."""

    _found: dict[str, list[str]] = field(default_factory=dict)
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def problems(self) -> dict[str, list[str]]:
        """Return a sentence for each problem, by check."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._found = {name: look() for name, look in CHECKS.items()}
                self._until = time.monotonic() + KEPT_S
            return self._found

    def forget(self) -> None:
        """Check again at the next call."""
        self._until = 0.0


READINESS = Readiness()
