"""Who holds what on a server with unfinished work: processes and what each of their threads waits for, the
database's locks and who blocks whom, and the rows that show which worker claimed a song.

Only Linux reports what a thread waits for; elsewhere that part is empty.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

Sql = Callable[[str], list[tuple[Any, ...]]]

STACK_SIGNAL = (
    signal.SIGUSR2
)  # on which processes with audiomusic.bench.faults.fault_injection write their stacks
STACKS_WITHIN_S = 1.0
MAX_LINES = 40  # of one query, and of the log
MAX_FRAMES = 8  # the innermost frames of a thread's stack

#: Queries for both databases.
ROWS = {
    "unfinished songs": "SELECT id, status, attempts, lease_owner, lease_until, started_at FROM jobs_job"
    " WHERE status IN ('PENDING', 'PROCESSING') ORDER BY status DESC, id",
    "signs of life": "SELECT name, beat_at FROM jobs_workerbeat ORDER BY beat_at DESC",
    "messages": "SELECT id, key, lock FROM django_q_ormq ORDER BY id",
    "events on their way": "SELECT id, endpoint_id, tries, next_try_at FROM jobs_webhookdelivery"
    " WHERE status = 'pending' ORDER BY id",
    "folders to be looked through": "SELECT job_id, folder, look_at FROM jobs_leftover ORDER BY look_at",
}
POSTGRES_SESSIONS = (
    "SELECT pid, state, wait_event_type, wait_event, now() - xact_start, pg_blocking_pids(pid),"
    " left(query, 90) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " ORDER BY xact_start NULLS LAST"
)
POSTGRES_LOCKS = (
    "SELECT pid, locktype, relation::regclass::text, mode, granted FROM pg_locks WHERE pid IN ("
    " SELECT pid FROM pg_locks WHERE NOT granted UNION"
    " SELECT unnest(pg_blocking_pids(pid)) FROM pg_locks WHERE NOT granted) ORDER BY pid, granted"
)


def who_holds_what(supervisor_pid: int, sql: Sql, *, database: Path | None, log: Path) -> list[str]:
    """Return the report's lines. `database` is SQLite's file, or None for PostgreSQL. `log` is the server's
    log.
    """
    lines = ["The server's last lines:", *log.read_text(errors="replace").splitlines()[-MAX_LINES:]]
    lines += [f"Now it is {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} (UTC)."]
    lines += process_lines(supervisor_pid)
    lines += stack_lines(supervisor_pid, log)
    questions = ROWS if database else {**ROWS, "sessions": POSTGRES_SESSIONS, "locks": POSTGRES_LOCKS}
    for name, question in questions.items():
        lines += row_lines(name, sql, question)
    return lines + (file_lock_lines(database) if database else [])


def process_lines(supervisor_pid: int) -> list[str]:
    """Return each process below the supervisor, and what each of its threads waits for."""
    found: list[str] = []
    for process in _tree(supervisor_pid):
        with suppress(psutil.NoSuchProcess):
            command = " ".join(process.cmdline()[1:4])
            found.append(f"process {process.pid} of {process.ppid()}, {process.status()}: {command}")
            found += [f"    {line}" for line in _thread_lines(process.pid)]
    return found


def _tree(pid: int) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return []


def _thread_lines(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for folder in sorted(Path(f"/proc/{pid}/task").iterdir()):
            yield f"thread {folder.name}: {(folder / 'comm').read_text().strip()} {_waits_for(folder)}"


def _waits_for(folder: Path) -> str:
    try:
        return (folder / "wchan").read_text()
    except OSError:
        return "?"


def stack_lines(supervisor_pid: int, log: Path) -> list[str]:
    """Return the stacks that processes with a handler for STACK_SIGNAL wrote."""
    start = log.stat().st_size
    asked = [process.pid for process in _tree(supervisor_pid) if _heeds(process.pid, STACK_SIGNAL)]
    lines: list[str] = []
    for pid in asked:  # one at a time, so their lines do not mix
        with suppress(ProcessLookupError):
            os.kill(pid, STACK_SIGNAL)
        time.sleep(STACKS_WITHIN_S / 4)
        with log.open("rb") as file:
            file.seek(start)
            written = file.read()
        start += len(written)
        lines += [f"stacks of process {pid}:", *_innermost(written.decode(errors="replace").splitlines())]
    return lines


def _innermost(lines: list[str]) -> Iterator[str]:
    frames = 0
    for line in lines:
        frames = frames + 1 if line.startswith("  File ") else 0
        if frames <= MAX_FRAMES:
            yield line


def _heeds(pid: int, number: signal.Signals) -> bool:
    """Return whether the process has a handler for the signal, which would otherwise kill it."""
    with suppress(OSError):
        caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.M)
        return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)
    return False


def row_lines(name: str, sql: Sql, question: str) -> list[str]:
    try:
        rows = sql(question)
    except Exception as error:
        return [f"{name}: {error}"]
    lines = ["    " + ", ".join(map(str, row)) for row in rows[:MAX_LINES]]
    return [f"{name}: {len(rows)}", *lines]


def file_lock_lines(database: Path) -> list[str]:
    """Return the kernel's locks on SQLite's files."""
    parts = {path.stat().st_ino: path.name for path in database.parent.glob(database.name + "*")}
    found: list[str] = []
    with suppress(OSError):
        for line in Path("/proc/locks").read_text().splitlines():
            inode = line.split()[-3].rpartition(":")[2]
            if inode.isdigit() and int(inode) in parts:
                found.append(f"    {parts[int(inode)]}: {line.strip()}")
    return [f"locks on the files: {len(found)}", *found]
