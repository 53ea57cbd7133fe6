"""Whether anything is lost while everything fails: real processes, a real database, several users who request
jobs all the time, and random faults. Then the results are audited.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import Error as DatabaseTrouble

from audiomusic.bench.api.benchmark import databases_of
from audiomusic.bench.faults.clients import Listener, Receiver
from audiomusic.bench.faults.fault_actions import FAULTS, LEASE_S, World, endless_deck, watching
from audiomusic.bench.report import Report
from audiomusic.devtools.postgres import PrivateServer, find_programs, restartable_server
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

USERS = 4
CREDITS = 10_000_000
PAUSE_S = 1.8  # between two faults, on average
DRAIN_S = 120.0
RECOVERY_S = 30
#: Written data must survive killing the server; only waiting for the disk is off.
POSTGRES_OPTIONS = "-c fsync=off -c full_page_writes=off -c listen_addresses="
FINISHED = ("COMPLETED", "FAILED", "CANCELLED")
PROMISED = ("retries", "names", "likes")  # by job


def run(
    *,
    minutes: float = 3.0,
    database: str = "sqlite",
    pause: float = PAUSE_S,
    seed: int = 0,
    faults: Sequence[str] = (),
) -> Report:
    """Run the faults on each database and audit the result.

    `pause` is the average number of seconds between two faults. `faults`, if given, are the only faults, in
    this order, instead of random ones for `minutes`. Raises RuntimeError if PostgreSQL is requested but not
    installed.
    """
    report = Report()
    for name in databases_of(database):
        with faulty_server(name, seed, has_poison=not faults) as (world, receiver):
            asked = run_faults(world, receiver, minutes, pause, faults)
            found = audit(world, receiver)
            fill_report(report, f"faults_{name}", world, receiver, asked, found)
    return report


@contextmanager
def faulty_server(database: str, seed: int, *, has_poison: bool = True) -> Iterator[tuple[World, Receiver]]:
    with _postgres(database) as postgres:
        server = ScratchServer(
            database_url=postgres.url if postgres else "",
            folder=None,
            DJANGO_SETTINGS_MODULE="audiomusic.bench.faults.fault_injection.settings",
            AUDIOMUSIC_WORKERS="2",
            AUDIOMUSIC_LEASE_S=str(LEASE_S),
            AUDIOMUSIC_CREDITS=str(CREDITS),
            AUDIOMUSIC_WEBHOOK_PRIVATE="true",
            **HIGH_RATES,
        )
        with server, Receiver() as receiver:
            made = json.loads(
                server.python("-m", "audiomusic.bench.faults.audit", "prepare", str(USERS), receiver.url)
            )
            over = threading.Event()
            receiver.secrets = made["secrets"]
            receiver.listeners = [
                Listener(server.port, key, over, endpoint)
                for key, endpoint in zip(made["keys"], made["endpoints"], strict=True)
            ]
            receiver.listeners[0].poison = has_poison
            yield World(server, postgres, random.Random(seed)), receiver
            receiver.shutdown()


@contextmanager
def _postgres(database: str) -> Iterator[PrivateServer | None]:
    if database == "sqlite":
        yield None
        return
    programs = find_programs()
    if programs is None:
        raise RuntimeError("Expected PostgreSQL's programs (initdb, pg_ctl) on this machine, got none")
    with restartable_server(programs, POSTGRES_OPTIONS) as server:
        yield server


def run_faults(
    world: World, receiver: Receiver, minutes: float, pause_s: float, faults: Sequence[str]
) -> int:
    """Run the users and the faults, then wait until everything is settled. Return how many songs were
    requested.
    """
    over, listeners = receiver.listeners[0].is_over, receiver.listeners
    threads = [
        threading.Thread(target=each.run, args=(random.Random(world.draw.random()),)) for each in listeners
    ]
    with watching(world):
        for thread in threads:
            thread.start()
        try:
            _do_faults(world, time.monotonic() + 60 * minutes, pause_s, faults)
        finally:
            over.set()
            world.calm_down()
        for thread in threads:
            thread.join()
        _wait_until_settled(world)
    return sum(each.wanted for each in listeners)


def _do_faults(world: World, end: float, pause_s: float, faults: Sequence[str]) -> None:
    for fault in faults or endless_deck(world.draw):
        if not faults and time.monotonic() > end:
            return
        time.sleep(pause_s * world.draw.uniform(0.4, 1.6))
        world.count_deaths()
        try:
            world.do(fault)
        except DatabaseTrouble as error:  # an earlier fault still affects it
            _say(f"{fault}: {error}")
        _say(f"{fault}: {sum(world.done.values())} faults so far")
    world.count_deaths()


def _wait_until_settled(world: World) -> None:
    """Wait until no job is left, every event has arrived and orphans are deleted, at most DRAIN_S."""
    unfinished = (
        "SELECT (SELECT COUNT(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')),"
        " (SELECT COUNT(*) FROM jobs_webhookdelivery WHERE status = 'pending'),"
        " (SELECT COUNT(*) FROM jobs_leftover WHERE look_at < %s)"
    )
    end = time.monotonic() + DRAIN_S
    while time.monotonic() < end:
        try:
            [left] = world.sql(unfinished, world.moment(seconds=2 * LEASE_S))
        except DatabaseTrouble:
            left = (-1,)
        if not any(left):
            return
        time.sleep(0.5)
    _say(f"after {DRAIN_S:.0f} s so many jobs, events and folders are unfinished: {left}")
    for line in world.who_holds_what():
        _say(line)


def audit(world: World, receiver: Receiver) -> dict[str, Any]:
    """Compare the server's rows with what its users were promised."""
    promises = [each.promises() for each in receiver.listeners]
    whole: dict[str, Any] = {
        "deleted": [job_id for each in promises for job_id in each["deleted"]],
        **{name: {k: v for each in promises for k, v in each[name].items()} for name in PROMISED},
    }
    said = world.server.python("-m", "audiomusic.bench.faults.audit", "audit", stdin=json.dumps(whole))
    found: dict[str, Any] = json.loads(said)
    return found


def fill_report(
    report: Report, prefix: str, world: World, receiver: Receiver, asked: int, found: dict[str, Any]
) -> None:
    jobs, events, problems = found["jobs"], found["events"], found["problems"]
    listeners = receiver.listeners
    ids = [job_id for each in listeners for job_id in each.job_ids]
    deleted = sum(len(each.deleted) for each in listeners)
    sent_again = Counter(event_id for each in listeners for event_id in each.sent_again)
    finished = sum(jobs.get(status, 0) for status in FINISHED)
    waiting = sum(jobs.values()) - finished
    unheard = [event_id for event_id, *_ in events if not receiver.heard[event_id]]
    whims = sum((each.whims for each in listeners), Counter[str]())
    faults = {name: world.done[name] for name in FAULTS if world.done[name]}
    deaths = {name: count for name, count in world.done.items() if name.startswith("killed_")}
    figures: dict[str, float] = {
        "asked": asked,
        "deleted": deleted,
        **{status.lower(): jobs.get(status, 0) for status in FINISHED},
        "attempts_exhausted": found["codes"].get("attempts_exhausted", 0),
        "storage_failed": found["codes"].get("storage_failed", 0),
        "made_again": found["repeated"],
        "calls_repeated": sum(each.unanswered for each in listeners),
        **whims,
        "events": len(events),
        "events_heard_again": sum(count - 1 for count in receiver.heard.values()),
        "faults": sum(faults.values()) + sum(deaths.values()),
        **faults,
        **deaths,
    }
    for name, value in figures.items():
        report.add(f"{prefix}_{name}", value)
    wanted_none = {
        "waiting": waiting,
        "lost": asked - finished - waiting - deleted,
        "twice": len(ids) - len(set(ids)),
        "events_not_heard": len(unheard),
        "events_amiss": len(receiver.problems),
        "events_not_heard_again": len([each for each in sent_again if receiver.heard[each] < 2]),
        "answers_amiss": sum(len(each.problems) for each in listeners),
        **{f"wrong_{name}": len(sentences) for name, sentences in problems.items()},
    }
    for name, value in wanted_none.items():
        report.add(f"{prefix}_{name}", value, at_least=0, at_most=0)
    report.add(f"{prefix}_recovery_max_s", world.worst_overdue_s, at_most=RECOVERY_S)
    reported = [receiver.problems, *(each.problems for each in listeners)]
    sentences = [sentence for part in (*reported, *problems.values()) for sentence in part]
    for sentence in sentences[:50]:
        _say(sentence)


def _say(line: str) -> None:
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()
