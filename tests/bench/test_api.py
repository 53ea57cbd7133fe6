"""`bench api`: which calls it makes, how it times them, and which limits it applies."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from audiomusic.accounts.services import key_create
from audiomusic.bench.api import bare_sql, benchmark
from audiomusic.bench.api.calls import api_calls
from audiomusic.bench.api.http_load import Call, Load, Timing
from audiomusic.bench.api.tables import ApiReport
from audiomusic.bench.report import Report
from jobs.models import Job


def fake_ask(path):
    if path.endswith("/counts"):
        return {"total": 5000}
    return [{"id": id} for id in range(1, 101)]


class EchoHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append(self.path)
        content = self.path.encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def echo():
    """Run a tiny web server that answers everything but /missing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_calls_are_every_kind_of_question():
    calls = {call.name: call for call in api_calls(fake_ask)}
    assert len(calls) == 41
    assert calls["list_deep"].paths == ["/api/v1/music/jobs?skip=2500"]
    assert calls["filter_occasion"].paths == ["/api/v1/music/jobs?occasion=Night"]
    assert calls["filter_three"].paths == ["/api/v1/music/jobs?status=COMPLETED&genre=Rock&liked=true"]
    assert sum(name.startswith("sort_") for name in calls) == 14
    assert [name for name, call in calls.items() if call.writes] == ["like", "patch", "create"]


def test_the_load_asks_all_paths_in_turn(echo):
    load = Load(echo.server_port, "key", requests=20)
    timing = load.measure(Call("pages", ["/a", "/b"]), clients=2)
    assert 0 < timing.p50_ms <= timing.p95_ms
    assert echo.seen.count("/a") == echo.seen.count("/b")


def test_an_answer_that_is_no_200_stops_the_measurement(echo):
    with pytest.raises(RuntimeError, match="GET /missing: expected 200, got 404"):
        Load(echo.server_port, "key").measure(Call("none", ["/missing"]), clients=1)


def test_timing_ranks_its_times():
    assert Timing.of([0.001 * number for number in range(1, 101)]) == (pytest.approx(51), pytest.approx(96))


def test_the_bare_statements_of_a_read_are_recorded_and_run_again(owner):
    _, key = key_create(user=owner, name="bench")
    call = {"name": "list", "method": "GET", "paths": ["/api/v1/music/jobs"], "body": None}
    found = bare_sql.measure(call, key)
    assert 1 <= found["queries"] <= benchmark.QUERIES
    assert found["p50_ms"] > 0


def test_what_a_write_leaves_is_rolled_back(owner):
    _, key = key_create(user=owner, name="bench")
    body = {"caption": "calm piano", "instrumental": True, "duration": 5}
    call = {"name": "create", "method": "POST", "paths": ["/api/v1/music/text2music"], "body": body}
    recorder = bare_sql.record(call, call["paths"][0], key)
    assert any(statement.sql.startswith("INSERT") for statement in recorder.statements)
    assert bare_sql.replay_s(call, recorder.statements) > 0
    assert not Job.objects.exists()


def test_a_refused_call_is_told(owner):
    _, key = key_create(user=owner, name="bench")
    call = {"name": "list", "method": "GET", "paths": [], "body": None}
    with pytest.raises(RuntimeError, match="expected 200, got 400"):
        bare_sql.record(call, "/api/v1/music/jobs?limit=101", key)


class FixedLoad:
    def measure(self, call, *, clients):
        return Timing(10.0 * clients, 15.0 * clients)


def test_the_wishes_stand_beside_the_figures():
    report = Report()
    benchmark.measure_call(report, "few", Call("counts", []), FixedLoad(), {"p50_ms": 1.0, "queries": 2})
    benchmark.measure_call(
        report, "rare", Call("search_rare", []), FixedLoad(), {"p50_ms": 10.0, "queries": 2}
    )
    assert report.wanted["few_p95_ms"] == {"max": 20}
    assert report.wanted["few_p50_ms"] == {"max": 8}
    assert report.wanted["rare_p95_ms"] == {"max": 50}
    assert report.missed == ["few_p50_ms"]
    assert report.figures["few_eight_p95_ms"] == 120


def test_the_table_has_a_line_for_each_call_and_marks_what_was_missed():
    report = ApiReport()
    bare = {"p50_ms": 1.0, "queries": 2}
    benchmark.measure_call(report, "api_sqlite_10000_list_first", Call("list_first", []), FixedLoad(), bare)
    report.add("bare_view_per_s", 900)
    lines = report.to_table().splitlines()
    assert lines[1].split() == ["bare_view_per_s", "900"]
    assert lines[3] == "sqlite, 10,000 jobs (ms; * missed what is wanted)"
    cells = [cell.strip() for cell in lines[-1].strip("|").split("|")]
    assert cells == ["list_first", "1.0", "10.0*", "15.0", "80.0", "120.0", "2"]
