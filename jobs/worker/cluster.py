"""The cluster of worker processes: stopped within a time limit, and watched from outside, because a stuck
process cannot report itself.

The processes of a cluster communicate through pipes with locks that are not released when their holder is
killed. A process that then waits for such a lock waits forever: a worker for its next message, the sentinel
for its workers to end. So nothing here relies on all of them ending on their own.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

import psutil
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django_q.cluster import Cluster

from jobs.heartbeat import any_beat_since
from jobs.worker.process import is_broken, request_stop

log = logging.getLogger(__name__)

SENTINEL_DIES_S = 0.3
STOP_S = 60.0  # time to put songs back; the process that asked the cluster to stop has its own limit
BROKEN_STOP_S = 10.0  # for a cluster that stops because it does not work: songs are waiting
WATCH_S = 5.0
HURT_LOOKS = 6  # this many checks in a row that find a problem
SILENT_S = 120.0  # longer than any wait for a busy database
HELPERS = 2  # beside the workers, below the sentinel: pusher and monitor


class GentleCluster(Cluster):  # type: ignore[misc]  # django-q2 has no types
    """django-q2's cluster, except that it does not wait for songs (its workers put them back), and waits for
    nothing else without a limit."""

    is_stopping_gently = False
    has_been_hurt = False

    def stop(self) -> bool:
        if self.is_stopping_gently:  # a second signal
            return False
        self.is_stopping_gently = True
        request_stop()
        # If the whole process group was signalled, the sentinel dies, and asking a dead sentinel to stop
        # would block forever. Let it die first.
        self.sentinel.join(SENTINEL_DIES_S)
        if not self.sentinel.is_alive():
            return False
        # In a thread, because the event's own lock may be lost too.
        threading.Thread(target=self.stop_event.set, daemon=True).start()
        self.sentinel.join(BROKEN_STOP_S if self.has_been_hurt or is_broken() else STOP_S)
        if self.sentinel.is_alive():
            log.error("The workers did not stop in time, and are killed.")
            self._kill_all()
        return True

    def watch(self) -> None:
        """Wait until the sentinel has ended; stop a damaged cluster that does not recover."""
        hurt_looks = 0
        while self.sentinel.is_alive():
            self.sentinel.join(WATCH_S)
            problem = "" if self.is_stopping_gently else self._problem()
            hurt_looks = hurt_looks + 1 if problem else 0
            if hurt_looks >= HURT_LOOKS:
                log.error("%s The workers are started again.", problem)
                self.has_been_hurt = True
                self.stop()

    def _problem(self) -> str:
        """Return the problem of the processes below the sentinel, as a sentence; "" if there is none."""
        living = [process.pid for process in self._below() if _is_alive(process)]
        wanted = int(settings.Q_CLUSTER["workers"]) + HELPERS
        if len(living) < wanted:
            return f"Of {wanted} processes {wanted - len(living)} died and were not replaced."
        try:
            has_beat = any_beat_since(seconds=SILENT_S, pids=living)
        except (DatabaseError, InterfaceError):  # no reason to restart anything
            connection.close()
            return ""
        return "" if has_beat else f"No worker has given a sign of life for {SILENT_S:.0f} s."

    def _below(self, *, recursive: bool = False) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            below: list[psutil.Process] = psutil.Process(self.sentinel.pid).children(recursive=recursive)
            return below
        return []

    def _kill_all(self) -> None:
        below = self._below(recursive=True)
        self.sentinel.kill()  # first, because it would replace the others
        for process in below:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.sentinel.join()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
