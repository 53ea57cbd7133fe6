"""The cost of an API response compared with a bare Django view that reads the same row."""

from __future__ import annotations

import http.client
import statistics
import time

from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ONE_HIT, ScratchServer

WANTED_SHARE = 0.6
ROUNDS = 5


def requests_per_second(server: ScratchServer, path: str, seconds: float) -> float:
    """Return the requests per second of one client with one keep-alive connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"X-API-Key": server.key}
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: expected 200, got {answer.status}: {body[:200]!r}")
        count += 1
    connection.close()
    return count / (time.perf_counter() - start)


def measure_share(report: Report, *, seconds: float = 2.0) -> None:
    """Add the requests per second of both, and the API's share of the bare view's."""
    with ScratchServer(
        database_url=None,
        folder=None,
        DJANGO_SETTINGS_MODULE="audiomusic.bench.api.settings",
        **HIGH_RATES,
    ) as server:
        _, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
        job_id = answer["job"]["id"]
        server.wait_for(job_id, "COMPLETED")
        bare, status = [], []
        for _ in range(ROUNDS):  # in turn, so a busy moment of the machine affects both
            bare.append(requests_per_second(server, f"/bench/bare/{job_id}", seconds))
            status.append(requests_per_second(server, f"/api/v1/music/jobs/{job_id}/status", seconds))
    bare_per_s, status_per_s = statistics.median(bare), statistics.median(status)
    report.add("bare_view_per_s", bare_per_s)
    report.add("job_status_per_s", status_per_s)
    report.add("job_status_share_of_bare", status_per_s / bare_per_s, at_least=WANTED_SHARE)
