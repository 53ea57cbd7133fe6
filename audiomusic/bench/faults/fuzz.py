"""Endless hostile requests against a real server: `manage.py bench fuzz --minutes M`.

Every response must have the API's own format: no server error, no HTML page, no echo as large as the request.
No client may have to wait.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audiomusic.bench.api.benchmark import database_url, databases_of
from audiomusic.bench.faults.fuzz_cases import Case, FuzzOperation, make_case, operations_of
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

CLIENTS = 4
SLOWEST_S = 5.0  # for one response, while other clients send megabytes
MOST_REFUSAL_BYTES = 20_000
SHOWN_FAULTS = 20
UNSENT_HEADERS = ("Host",)  # set by the connection itself


def fault_of(status: int, content_type: str, body: bytes) -> str:
    """Return what is wrong with an API response, or an empty string."""
    if status >= 500:
        return f"answered {status}"
    if status in (204, 304):
        return ""
    try:
        answer = json.loads(body)
    except ValueError:
        return f"answered {status} with what is no JSON ({content_type})"
    if status < 400:
        return ""
    if not (isinstance(answer, dict) and isinstance(answer.get("code"), str) and answer.get("detail")):
        return f"refused with {status}, but without detail and code"
    if len(body) > MOST_REFUSAL_BYTES:
        return f"refused with {len(body)} bytes"
    return ""


@dataclass
class FuzzCounts:
    """The results of all clients' requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: int = 0  # connections that ended without a response
    slowest_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, case: Case, status: int, fault: str, seconds: float) -> None:
        with self.lock:
            self.statuses[status] += 1
            if seconds > self.slowest_s:
                self.slowest_s = seconds
                if seconds > SLOWEST_S:
                    _say(f"{seconds:.1f} s: {case}")
            if fault:
                self.faults[f"{case.method} {fault}"] += 1
                if self.faults.total() <= SHOWN_FAULTS:
                    _say(f"{fault}: {case}")


def run(*, minutes: float = 3.0, database: str = "sqlite") -> Report:
    """Fuzz each database. Raises RuntimeError if PostgreSQL is requested but not installed."""
    report = Report()
    for name in databases_of(database):
        with (
            database_url(name, None) as url,
            ScratchServer("web", database_url=url, folder=None, **HIGH_RATES) as server,
        ):
            run_fuzz(server, minutes * 60, report, f"fuzz_{name}")
    return report


def run_fuzz(server: ScratchServer, seconds: float, report: Report, prefix: str) -> None:
    """Send hostile requests for this many seconds, and add the results."""
    operations = operations_of(server.call("GET", "/api/schema")[1])
    for _ in range(3):
        server.call("POST", "/api/v1/music/text2music", {"caption": "calm piano"})
    counts, end = FuzzCounts(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_work, args=(server, operations, random.Random(seed), end, counts))
        for seed in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status, _ = server.call("GET", "/api/v1/music/jobs")
    report.add(f"{prefix}_requests", counts.statuses.total())
    report.add(f"{prefix}_taken", counts.statuses[200] + counts.statuses[201], at_least=1)
    report.add(f"{prefix}_faults", counts.faults.total(), at_most=0)
    report.add(f"{prefix}_unanswered", counts.broken, at_most=0)
    report.add(f"{prefix}_slowest_s", counts.slowest_s, at_most=SLOWEST_S)
    report.add(f"{prefix}_tracebacks", server.log_path.read_text().count("Traceback"), at_most=0)
    report.add(f"{prefix}_answers_afterwards", float(status == 200), at_least=1)


def _work(
    server: ScratchServer,
    operations: Sequence[FuzzOperation],
    draw: random.Random,
    end: float,
    counts: FuzzCounts,
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    while time.monotonic() < end:
        case = make_case(draw, operations)
        if ends_key(case):
            continue
        begun = time.monotonic()
        try:
            status, kind, body = _ask(connection, case, _headers(server, case))
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            with counts.lock:
                counts.broken += 1
            _say(f"{error!r}: {case}")
            continue
        counts.note(case, status, fault_of(status, kind, body), time.monotonic() - begun)
    connection.close()


def _ask(
    connection: http.client.HTTPConnection, case: Case, headers: Mapping[str, str]
) -> tuple[int, str, bytes]:
    """Return (status, content type, body). If a kept connection was closed in the meantime, retry on a new
    one.
    """
    is_kept = connection.sock is not None
    try:
        connection.request(case.method, case.path, case.body, headers)
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException):
        connection.close()
        if not is_kept:
            raise
        return _ask(connection, case, headers)
    return answer.status, answer.headers.get("Content-Type", ""), answer.read()


def ends_key(case: Case) -> bool:
    """Return whether the request would revoke the key that all requests use."""
    return case.method == "DELETE" and "/api-keys/" in case.path


def _headers(server: ScratchServer, case: Case) -> Mapping[str, str]:
    # http.client does not send control characters in headers; a test with bare sockets covers them.
    kind = "".join(char for char in case.content_type if char >= " ")
    own = {name: value for name, value in case.headers.items() if name not in UNSENT_HEADERS}
    return {"X-API-Key": server.key, "Content-Type": kind, **own}


def _say(text: str) -> None:
    sys.stderr.write(f"{text.encode('ascii', 'backslashreplace').decode()}\n")
