"""`bench load` and `bench fuzz`: what they count, on a small scale with a real server."""

import pytest

from audiomusic.bench.faults import fuzz
from audiomusic.bench.load import benchmark
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES
from tests.support.prepared import PreparedServer


@pytest.mark.e2e
def test_a_few_clients_for_two_seconds_lose_nothing(prepared_folder, monkeypatch):
    monkeypatch.setattr(benchmark, "POLL_S", 0.2)
    monkeypatch.setattr(benchmark, "CREATE_S", 1.0)
    report = Report()
    with PreparedServer(prepared_folder, **HIGH_RATES) as server:
        benchmark.measure(server, report, "load", seconds=2, pollers=8, creators=2)
        fuzz.run_fuzz(server, 2, report, "fuzz")
    figures = report.figures
    assert figures["load_jobs"] >= 4
    assert figures["load_poll_p99_ms"] > 0
    for name in ("refused", "unanswered", "jobs_twice", "jobs_lost", "jobs_not_completed"):
        assert figures[f"load_{name}"] == 0
    assert figures["fuzz_requests"] > 0
    assert (figures["fuzz_faults"], figures["fuzz_tracebacks"], figures["fuzz_unanswered"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, b"[]", ""),
        (304, b"", ""),
        (404, b'{"detail": "Not found.", "code": "not_found"}', ""),
        (500, b'{"detail": "Oh.", "code": "server_error"}', "answered 500"),
        (200, b"<html>", "answered 200 with what is no JSON (text/html)"),
        (400, b'{"detail": "", "code": "invalid"}', "refused with 400, but without detail and code"),
        (400, b'["wrong"]', "refused with 400, but without detail and code"),
        (400, b'{"detail": "%b", "code": "a"}' % (b"a" * 30_000), "refused with 30027 bytes"),
    ],
)
def test_what_is_a_fault(status, body, fault):
    assert fuzz.fault_of(status, "text/html", body) == fault
