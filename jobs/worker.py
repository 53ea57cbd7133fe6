"""The life of a worker process: how it is told to stop, and what runs beside its work."""

from __future__ import annotations

import logging
import mmap
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import close_old_connections, connections

log = logging.getLogger(__name__)

SWEEP_S = 5.0

#: One byte that this process shares with every worker it forks: not zero means stop.
_stop_byte = mmap.mmap(-1, 1)
_is_leaving = threading.Event()  # this worker alone was asked to end
_is_on_duty = threading.Event()


def request_stop() -> None:
    """Ask every worker of this process's cluster to give its job back and stop."""
    _stop_byte[0] = 1


def is_stopping() -> bool:
    return _stop_byte[0] != 0 or _is_leaving.is_set()


@contextmanager
def on_duty() -> Iterator[None]:
    """While songs are made: a request to end waits until the job in hand was given back."""
    _is_on_duty.set()
    try:
        yield
    finally:
        _is_on_duty.clear()
    if _is_leaving.is_set():
        raise SystemExit(0)


def prepare_worker(**kwargs: Any) -> None:
    """In a fresh worker process (django-q2's `post_spawn`): heed SIGTERM, start the sweep and the
    sending of webhooks."""
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_sweep_forever, args=(os.getppid(),), name="sweep", daemon=True).start()
    threading.Thread(target=_send_forever, name="webhooks", daemon=True).start()


def _leave(number: int, frame: Any) -> None:
    _is_leaving.set()
    if not _is_on_duty.is_set():
        raise SystemExit(0)


def _sweep_forever(parent_pid: int) -> None:
    while not is_stopping():
        _sweep()
        if os.getppid() != parent_pid:  # the cluster died; nobody would ever stop this worker
            os.kill(os.getpid(), signal.SIGTERM)
            break
        time.sleep(SWEEP_S)
    connections.close_all()


def _send_forever() -> None:
    from jobs.webhooks.sending import Sender

    Sender(is_stopping).run()


def _sweep() -> None:
    from audiomusic.accounts.idempotency import answers_forget
    from jobs.beats import beat_write
    from jobs.services import leases_sweep

    try:
        close_old_connections()
        beat_write()
        leases_sweep()
        answers_forget()
    except Exception:
        log.exception("The sweep of lapsed leases failed; it is tried again in %.0f s.", SWEEP_S)
