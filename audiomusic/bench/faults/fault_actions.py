"""The faults that `bench faults` causes on a running server, by name, with their frequencies."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import environ
import psutil
from django.db.utils import ConnectionHandler

from audiomusic.bench.faults.fault_injection.points import (
    DOUBLE_MESSAGES,
    FULL_DISK,
    LOSE_MESSAGES,
    POINTS,
    flag,
)
from audiomusic.bench.faults.lock_holders import who_holds_what
from audiomusic.devtools.postgres import PrivateServer
from audiomusic.devtools.scratch_server import ScratchServer

LEASE_S = 5
SWITCH_S = 1.0  # how long messages are lost or doubled
FULL_S = 3.0  # how long the disk is full
LOCK_S = 2.0


class World:
    """The server under test, and a count of the faults."""

    def __init__(self, server: ScratchServer, postgres: PrivateServer | None, draw: random.Random) -> None:
        self.server, self.postgres, self.draw = server, postgres, draw
        self.done: Counter[str] = Counter()
        self.worst_overdue_s = 0.0
        self.threads: list[threading.Thread] = []
        self._databases = ConnectionHandler(
            {"default": environ.Env.db_url_config(server.environment["DATABASE_URL"])}
        )
        flag(server.data_dir, "").mkdir(parents=True, exist_ok=True)

    # State

    def processes(self, words: str) -> list[psutil.Process]:
        """Return the supervisor's children whose command contains `words`, with all their descendants."""
        found: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._pid).children():
                with suppress(psutil.NoSuchProcess):
                    if words in " ".join(child.cmdline()):
                        found += [child, *child.children(recursive=True)]
        return found

    @property
    def _pid(self) -> int:
        if self.server.process is None:
            raise RuntimeError("the server was never started")
        return self.server.process.pid

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement. Raises django.db.Error if the database is down."""
        database = self._databases["default"]
        try:
            with database.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            database.close()

    def moment(self, seconds: float = 0.0) -> datetime:
        """Return now plus `seconds` in the format of the database's columns: SQLite has no time zones."""
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        return moment if self.postgres else moment.replace(tzinfo=None)

    def who_holds_what(self) -> list[str]:
        """Return a report for unfinished work, as lines to read."""
        database = None if self.postgres else self.server.data_dir / "audiomusic.sqlite3"
        return who_holds_what(self._pid, self.sql, database=database, log=self.server.log_path)

    def watch_leases(self) -> None:
        """Record how long an expired lease stays in the table."""
        for (until,) in self.sql("SELECT lease_until FROM jobs_job WHERE status = 'PROCESSING'"):
            moment = until if until.tzinfo else until.replace(tzinfo=UTC)  # SQLite has no time zones
            overdue_s = (datetime.now(UTC) - moment).total_seconds()
            self.worst_overdue_s = max(self.worst_overdue_s, overdue_s)

    # Actions

    def do(self, fault: str) -> None:
        if FAULTS[fault](self):
            self.done[fault] += 1

    def count_deaths(self) -> None:
        """Count the points that have killed a process since they were set."""
        for point in POINTS:
            set_by_us = f"set {point}"
            if self.done[set_by_us] and not flag(self.server.data_dir, f"die-at-{point}").exists():
                del self.done[set_by_us]
                self.done[f"killed_{point}"] += 1

    def kill(self, processes: list[psutil.Process]) -> bool:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return bool(processes)

    def switch(self, name: str, seconds: float) -> bool:
        path = flag(self.server.data_dir, name)
        path.touch()
        self._later(seconds, lambda: path.unlink(missing_ok=True))
        return True

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, act)
        timer.start()
        self.threads.append(timer)

    def calm_down(self) -> None:
        """Wait for the running faults, and reset all points."""
        for thread in self.threads:
            thread.join()
        for point in POINTS:
            flag(self.server.data_dir, f"die-at-{point}").unlink(missing_ok=True)


def kill_worker(world: World) -> bool:
    """Kill any process of the cluster: worker, sentinel, pusher, monitor."""
    below = world.processes("manage.py work")[1:]
    return world.kill([world.draw.choice(below)] if below else [])


def kill_at_point(world: World) -> bool:
    """Kill the next worker to reach a random point of a song's path; counted once it is dead."""
    point = world.draw.choice(POINTS)
    path = flag(world.server.data_dir, f"die-at-{point}")
    if not path.exists() and not world.done[f"set {point}"]:
        path.touch()
        world.done[f"set {point}"] = 1
    return False


def kill_worker_group(world: World) -> bool:
    return world.kill(world.processes("manage.py work"))


def kill_web(world: World) -> bool:
    """Kill one process of the web server, or all of them."""
    web = world.processes("audiomusic.server")
    return world.kill(web if world.draw.random() < 0.3 or not web else [world.draw.choice(web)])


def freeze_worker(world: World) -> bool:
    """Suspend a worker until its lease has expired; then it continues as if nothing had happened."""
    below = world.processes("manage.py work")[2:]
    if not below:
        return False
    frozen = world.draw.choice(below)
    with suppress(psutil.NoSuchProcess):
        frozen.suspend()

    def thaw() -> None:
        with suppress(psutil.NoSuchProcess):
            frozen.resume()

    world._later(LEASE_S + 3, thaw)
    return True


def lapse_leases(world: World) -> bool:
    """Expire all leases, as if the clock had jumped: every worker loses its job."""
    now = world.moment()
    world.sql(
        "UPDATE jobs_job SET lease_until = %s WHERE status = 'PROCESSING' AND lease_until > %s", now, now
    )
    return True


def trouble_database(world: World) -> bool:
    """Restart PostgreSQL, or lock SQLite for a while."""
    if world.postgres:
        world.postgres.stop()
        time.sleep(world.draw.uniform(0, 1))
        world.postgres.start()
        return True
    database = world._databases["default"]
    try:
        with database.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            time.sleep(LOCK_S)
            cursor.execute("ROLLBACK")
    finally:
        database.close()
    return True


def reboot(world: World) -> bool:
    """Kill everything at once and start it again."""
    with suppress(psutil.NoSuchProcess):
        tree = psutil.Process(world._pid)
        world.kill([tree, *tree.children(recursive=True)])
    if world.server.process is not None:
        world.server.process.wait()
    world.server.start()
    return True


def switching(name: str, seconds: float = SWITCH_S) -> Callable[[World], bool]:
    return lambda world: world.switch(name, seconds)


FAULTS: dict[str, Callable[[World], bool]] = {
    "worker_killed": kill_worker,
    "point_set": kill_at_point,
    "worker_group_killed": kill_worker_group,
    "web_killed": kill_web,
    "worker_frozen": freeze_worker,
    "leases_lapsed": lapse_leases,
    "database_troubled": trouble_database,
    "disk_full": switching(FULL_DISK, FULL_S),
    "messages_lost": switching(LOSE_MESSAGES),
    "messages_doubled": switching(DOUBLE_MESSAGES),
    "rebooted": reboot,
}
#: How many of each fault are in the deck, which is dealt out and shuffled again.
DECK = {
    "worker_killed": 5, "point_set": 12, "worker_group_killed": 1, "web_killed": 2, "worker_frozen": 1,
    "leases_lapsed": 2, "database_troubled": 2, "disk_full": 1, "messages_lost": 2, "messages_doubled": 2,
    "rebooted": 1,
}  # fmt: skip


def endless_deck(draw: random.Random) -> Iterator[str]:
    while True:
        cards = [name for name, count in DECK.items() for _ in range(count)]
        draw.shuffle(cards)
        yield from cards


@contextmanager
def watching(world: World) -> Iterator[None]:
    """Check the leases twice a second inside the context."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.wait(0.5):
            with suppress(Exception):  # the database is down, which is the point of the test
                world.watch_leases()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
