"""Many clients at once: most poll their songs, some request new ones.

No client may wait long or be refused, and every accepted song must end.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from audiomusic.bench.api.benchmark import database_url, databases_of
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ONE_HIT, ScratchServer

POLLERS, CREATORS = 200, 20
POLL_S, CREATE_S = 1.0, 3.0  # each client's pause between two calls
P99_MS = 1000.0
ENDS_WITHIN_S = 600.0
Draw = Callable[[], tuple[str, str, Any]]  # returns the next call: method, path, body
ENDED = ("COMPLETED", "FAILED", "CANCELLED")


@dataclass
class LoadCounts:
    """The results of all clients."""

    times_s: dict[str, list[float]] = field(default_factory=lambda: {"poll": [], "create": []})
    job_ids: list[int] = field(default_factory=list)
    refused: int = 0  # any response except 200
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Caller:
    """A client with one keep-alive connection."""

    server: ScratchServer
    counts: LoadCounts
    end: float

    def run(
        self, name: str, pause_s: float, delay_s: float, call: Callable[[], tuple[str, str, Any]]
    ) -> None:
        """Repeat the call. `delay_s` staggers the clients' starts."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        time.sleep(delay_s)
        while time.monotonic() < self.end:
            begun = time.perf_counter()
            answer = self._ask(connection, *call())
            took_s = time.perf_counter() - begun
            with self.counts.lock:
                self.counts.times_s[name].append(took_s)
                if answer is not None and name == "create":
                    self.counts.job_ids.append(answer["job"]["id"])
            time.sleep(max(0.0, pause_s - took_s))
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: Any) -> Any:
        headers = {"X-API-Key": self.server.key, "Content-Type": "application/json"}
        try:
            connection.request(method, path, body and json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            with self.counts.lock:
                self.counts.unanswered += 1
            return None
        if answer.status != 200:
            with self.counts.lock:
                self.counts.refused += 1
            return None
        return json.loads(content)


def run(*, minutes: float = 1.0, database: str = "sqlite") -> Report:
    """Measure each database. Raises RuntimeError if PostgreSQL is requested but not installed."""
    report = Report()
    for name in databases_of(database):
        with (
            database_url(name, None) as url,
            ScratchServer(database_url=url, folder=None, **HIGH_RATES) as server,
        ):
            measure(server, report, f"load_{name}", seconds=60 * minutes)
    return report


def measure(
    server: ScratchServer,
    report: Report,
    prefix: str,
    *,
    seconds: float,
    pollers: int = POLLERS,
    creators: int = CREATORS,
) -> None:
    """Run the clients for this many seconds, and add their results and what became of their songs."""
    first = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)[1]["job"]["id"]
    counts = LoadCounts(job_ids=[first])
    caller = Caller(server, counts, time.monotonic() + seconds)

    def poll() -> tuple[str, str, Any]:
        with counts.lock:
            job_id = counts.job_ids[-1 - len(counts.times_s["poll"]) % len(counts.job_ids)]
        return "GET", f"/api/v1/music/jobs/{job_id}/status", None

    def create() -> tuple[str, str, Any]:
        return "POST", "/api/v1/music/text2samples", ONE_HIT

    threads = [
        threading.Thread(target=caller.run, args=("poll", POLL_S, POLL_S * place / pollers, poll))
        for place in range(pollers)
    ] + [
        threading.Thread(target=caller.run, args=("create", CREATE_S, CREATE_S * place / creators, create))
        for place in range(creators)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _report(report, prefix, counts, server, seconds)


def _report(report: Report, prefix: str, counts: LoadCounts, server: ScratchServer, seconds: float) -> None:
    for name, times_s in counts.times_s.items():
        ranked = sorted(times_s) or [0.0]
        report.add(f"{prefix}_{name}s_per_s", len(times_s) / seconds)
        report.add(f"{prefix}_{name}_p50_ms", 1000 * ranked[len(ranked) // 2])
        report.add(f"{prefix}_{name}_p99_ms", 1000 * ranked[int(len(ranked) * 0.99)], at_most=P99_MS)
    report.add(f"{prefix}_refused", counts.refused, at_most=0)
    report.add(f"{prefix}_unanswered", counts.unanswered, at_most=0)
    report.add(f"{prefix}_jobs", len(counts.job_ids), at_least=1)
    report.add(f"{prefix}_jobs_twice", len(counts.job_ids) - len(set(counts.job_ids)), at_most=0)
    ended = _wait_for_end(server, set(counts.job_ids))
    report.add(f"{prefix}_jobs_lost", len(set(counts.job_ids) - ended.keys()), at_most=0)
    report.add(f"{prefix}_jobs_not_completed", _count_others(ended), at_most=0)


def _count_others(ended: dict[int, str]) -> int:
    return sum(status != "COMPLETED" for status in ended.values())


def _wait_for_end(server: ScratchServer, job_ids: set[int]) -> dict[int, str]:
    """Return job -> final status, for the jobs that ended in time."""
    ended: dict[int, str] = {}
    deadline = time.monotonic() + ENDS_WITHIN_S
    while job_ids - ended.keys() and time.monotonic() < deadline:
        for status in ENDED:
            ended |= _listed(server, status)
        _say(f"{len(ended)} of {len(job_ids)} songs have ended")
        time.sleep(1)
    return {job_id: status for job_id, status in ended.items() if job_id in job_ids}


def _listed(server: ScratchServer, status: str) -> dict[int, str]:
    found: dict[int, str] = {}
    while True:
        page = server.call("GET", f"/api/v1/music/jobs?limit=100&status={status}&skip={len(found)}")[1]
        found |= {job["id"]: job["status"] for job in page}
        if len(page) < 100:
            return found


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
