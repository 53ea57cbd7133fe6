"""Threads for the work after the engine: mastering, encoding and storing, while the next songs are made."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from django.db import connection

log = logging.getLogger(__name__)

FINISHING_THREADS = min(4, os.cpu_count() or 1)
FINISHING_ROOM = 16  # takes that may wait to be stored; each takes 23 MB per minute


class FinishPool:
    """Threads for the work after the engine. Leaving the context waits until all is done."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(FINISHING_THREADS, thread_name_prefix="finishing")
        self._room = threading.BoundedSemaphore(FINISHING_ROOM)

    def __enter__(self) -> FinishPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def submit(self, act: Callable[[], None]) -> None:
        """Run `act` soon; blocks while too many calls are waiting."""
        self._room.acquire()
        self._pool.submit(self._run, act)

    def _run(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            log.exception("Something was left unfinished")
        finally:
            self._room.release()
            connection.close()
