"""The lifecycle of a worker process: how it is asked to stop, and which threads run beside its work."""

from __future__ import annotations

import logging
import mmap
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from typing import Any

from django.db import close_old_connections, connections

log = logging.getLogger(__name__)

SWEEP_S = 5.0
#: If songs wait but this worker gets none for this many sweeps, its queue is considered broken.
STUCK_QUEUE_SWEEPS = 4
STREAMS_NICENESS = 10  # songs come first
CLEARING = "clearing orphans"  # a thread name
LEAVE_LOOK_S = 0.5
#: A message asks a stopping worker without work to end; it waits this many checks for it.
LEAVE_LOOKS = 4

#: One byte shared with every worker that this process forks; nonzero means stop.
_stop_byte = mmap.mmap(-1, 1)
STOP, STOP_BROKEN = 1, 2
_is_leaving = threading.Event()  # only this worker was asked to end
_is_busy = threading.Event()


_cluster_pid = 0  # pid of the process that forked the cluster; 0: none


def register_cluster() -> None:
    """Remember this process's pid. Called by the process that is about to fork the workers."""
    global _cluster_pid
    _cluster_pid = os.getpid()


def request_stop() -> None:
    """Ask every worker of this process's cluster to give its job back and stop."""
    _stop_byte[0] = _stop_byte[0] or STOP


def is_stopping() -> bool:
    return _stop_byte[0] != 0 or _is_leaving.is_set()


def is_broken() -> bool:
    """Whether a worker found that its cluster no longer works."""
    return bool(_stop_byte[0] == STOP_BROKEN)


@contextmanager
def busy() -> Iterator[None]:
    """Mark the worker as making songs: a request to end waits until the current job was given back."""
    _is_busy.set()
    try:
        yield
    finally:
        _is_busy.clear()
    if _is_leaving.is_set():
        raise SystemExit(0)


def prepare_worker(**kwargs: Any) -> None:
    """Set up a new worker process (django-q2's `post_spawn`): obey SIGTERM, and start the threads for the
    sweep, webhooks, drafts, audio analysis, light formats, and for ending a worker that receives no
    messages."""
    signal.signal(signal.SIGTERM, _leave)
    make_engine_ready()
    threading.Thread(target=_sweep_forever, args=(_parent_pid(),), name="sweep", daemon=True).start()
    threading.Thread(target=_send_forever, name="webhooks", daemon=True).start()
    threading.Thread(target=_write_drafts, name="drafts", daemon=True).start()
    threading.Thread(target=_analyse, name="analysis", daemon=True).start()
    threading.Thread(target=_make_streams, name="streams", daemon=True).start()
    threading.Thread(target=_leave_when_stopping, name="leave", daemon=True).start()
    warm_up()


def make_engine_ready() -> None:
    """Load the analysis engine before any thread needs it, so that its weights are loaded only once."""
    from audiomusic.engines.registry import load_engine
    from jobs.worker.threads.analyst import LISTENER, is_set_up

    if is_set_up():
        load_engine(LISTENER)


def warm_up() -> None:
    """Warm up the server's engine, if that takes long, before this worker takes its first song."""
    from audiomusic.engines.registry import load_engine
    from jobs.specs.build import resolve_engine

    entry = resolve_engine(None)
    if not entry.needs_weights:
        return
    try:
        engine: Any = load_engine(entry.name)
        engine.warm_up()
    except Exception:  # the first song reports the same error to its user
        log.exception("The %s engine could not be warmed up", entry.name)


def _parent_pid() -> int:
    """Return the pid of the process that forked this one. It may be dead by now, and this process
    reparented."""
    parent = parent_process()
    return parent.pid if parent and parent.pid else os.getppid()


def _leave(number: int, frame: Any) -> None:
    _is_leaving.set()
    if not _is_busy.is_set():
        raise SystemExit(0)


def _leave_when_stopping() -> None:
    """End a stopping worker whose queue is broken, so that the message that should end it does not arrive: a
    killed process may have kept the queue's lock. A worker that is making a song gives it back first."""
    idle_looks = 0
    while idle_looks < LEAVE_LOOKS:
        time.sleep(LEAVE_LOOK_S)
        idle_looks = idle_looks + 1 if is_stopping() and not _is_busy.is_set() else 0
    os.kill(os.getpid(), signal.SIGTERM)


def _sweep_forever(parent_pid: int) -> None:
    idle_sweeps = 0
    while not is_stopping():
        idle_sweeps = idle_sweeps + 1 if _sweep() and not _is_busy.is_set() else 0
        if os.getppid() != parent_pid:  # the cluster died, so nothing else would stop this worker
            os.kill(os.getpid(), signal.SIGTERM)
            break
        if idle_sweeps >= STUCK_QUEUE_SWEEPS and _cluster_pid:
            _restart_cluster()
            break
        time.sleep(SWEEP_S)
    connections.close_all()


def _restart_cluster() -> None:
    """Stop the cluster so that the supervisor starts it again. A worker killed while it takes a message keeps
    the lock of the shared queue, and then no other worker receives a message."""
    log.error("Songs wait, but no message comes through: the workers are started again.")
    _stop_byte[0] = STOP_BROKEN
    os.kill(_cluster_pid, signal.SIGTERM)


def _send_forever() -> None:
    from jobs.webhooks.sending import Sender

    Sender(is_stopping).run()


def _write_drafts() -> None:
    from jobs.worker.threads.draft_writer import DraftWriter

    DraftWriter(is_stopping).run()


def _analyse() -> None:
    from jobs.worker.threads.analyst import Analyst

    Analyst(is_stopping).run()


def _make_streams() -> None:
    from jobs.worker.threads.stream_maker import StreamMaker

    with suppress(OSError, AttributeError):  # only this thread, where the system supports it
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STREAMS_NICENESS)
    StreamMaker(is_stopping).run()
    connections.close_all()


def _sweep() -> bool:
    """Run one sweep. Return whether songs wait that a message could announce. Never raises."""
    from audiomusic.accounts.idempotency import purge_expired
    from audiomusic.accounts.jwt.tokens import families_purge
    from audiomusic.accounts.security_log.recording import security_events_purge
    from audiomusic.accounts.sessions.user_sessions import sessions_purge
    from jobs.heartbeat import heartbeat_write
    from jobs.models import Job
    from jobs.signals import swept
    from jobs.wakeup import queue_answers
    from jobs.worker.claims import leases_sweep
    from jobs.worker.shut_accounts import shut_account_jobs_cancel

    try:
        close_old_connections()
        heartbeat_write()
        shut_account_jobs_cancel()
        leases_sweep()
        purge_expired()
        sessions_purge()
        families_purge()
        security_events_purge()
        _sweep_orphans()
        swept.send_robust(sender=None)
        return bool(Job.objects.claimable().exists()) and queue_answers()
    except Exception:
        log.exception("The sweep of lapsed leases failed; it is tried again in %.0f s.", SWEEP_S)
        return False


def _sweep_orphans() -> None:
    """Delete orphaned files in a thread of their own: a storage that does not respond must not delay the
    sweep of leases."""
    from jobs.storage.orphans import orphans_due, orphans_sweep
    from jobs.uploads.models import SourceFile
    from jobs.uploads.services import sources_prune

    def clear() -> None:
        try:
            sources_prune()
            orphans_sweep()
        except Exception:
            log.exception("Files that were left could not be cleared away; it is tried again.")
        finally:
            connections.close_all()

    is_due = orphans_due() or SourceFile.objects.lapsed().exists()
    if is_due and not any(thread.name == CLEARING for thread in threading.enumerate()):
        threading.Thread(target=clear, name=CLEARING, daemon=True).start()
