"""The cost of the job API: few jobs and many, one client and eight, on each database, compared with the bare
SQL; and a response compared with a bare Django view that reads the same row.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from audiomusic.bench.api.bare_view import measure_share
from audiomusic.bench.api.calls import api_calls
from audiomusic.bench.api.http_load import Call, Load
from audiomusic.bench.api.tables import ApiReport
from audiomusic.bench.report import Report
from audiomusic.devtools.postgres import find_programs, private_server
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

FEW_JOBS = 10_000
USER = "bulk"
CREDITS = 100_000_000  # enough for all requested songs
FILLED = "filled"  # a file beside a database that was filled completely
CLIENTS = 8

# The goals for one client.
CALL_P95_MS = 20
SEARCH_P95_MS = {
    "search_rare": 50, "search_missing": 50, "search_common": 300,
    "search_two_rare": 50, "search_two_common": 300, "search_phrase": 300, "search_typo": 100,
}  # fmt: skip
SQL_TIMES, SQL_PLUS_MS = 3, 5  # a call may take at most this many times its SQL, plus this
QUERIES = 6
#: A typo needs queries for known words, for spellings and for the second search; a rename updates its words.
MORE_QUERIES = {"search_typo": 9, "patch": 7}
#: Calls whose cost must not depend on the number of jobs, and the ratio that still counts as equal.
SIZE_BLIND, SIZE_RATIO = ("counts", "statistics", "list_first"), 1.5


def run(*, jobs: int = 100_000, database: str = "sqlite", keep: Path | None = None) -> Report:
    """Measure each database, with few jobs and with many.

    `keep` is a folder in which the filled databases stay for the next run. Raises RuntimeError if PostgreSQL
    is requested but not installed.
    """
    report = ApiReport()
    measure_share(report)
    for name in databases_of(database):
        for count in sorted({FEW_JOBS, jobs}):
            measure_database(report, name, count, keep)
        _compare_sizes(report, name, jobs)
    return report


def fill(*, jobs: int, database: str, keep: Path) -> None:
    """Only fill the databases that `run` would measure: it takes minutes, but needs no quiet machine."""
    for name in databases_of(database):
        for count in sorted({FEW_JOBS, jobs}):
            with filled_server(name, count, keep):
                pass


def databases_of(database: str) -> Sequence[str]:
    """Return the databases that `--database` means."""
    return ("sqlite", "postgres") if database == "both" else (database,)


@contextmanager
def filled_server(database: str, jobs: int, keep: Path | None) -> Iterator[ScratchServer]:
    """Yield a web server on its own database with this many jobs; `key` belongs to the user who owns half of
    them.
    """
    folder = keep / f"{database}-{jobs}" if keep else None
    with (
        database_url(database, folder) as url,
        ScratchServer("web", database_url=url, folder=folder, **HIGH_RATES) as server,
    ):
        is_filled = folder and (folder / FILLED).exists()
        if not is_filled:
            _say(f"{database}: loading {jobs:,} jobs")
            _say(server.manage("loadjobs", str(jobs), "--user", USER))
            server.manage("grantcredits", USER, str(CREDITS))
        if folder and not is_filled:
            (folder / FILLED).touch()
        server.key = server.manage("createkey", USER).strip()
        yield server


@contextmanager
def database_url(database: str, folder: Path | None) -> Iterator[str]:
    if database == "sqlite":
        yield ""
        return
    programs = find_programs()
    if programs is None:
        raise RuntimeError("Expected PostgreSQL's programs (initdb, pg_ctl) on this machine, got none")
    with private_server(programs, folder / "postgres" if folder else None) as url:
        yield url


def measure_database(report: Report, database: str, jobs: int, keep: Path | None) -> None:
    with filled_server(database, jobs, keep) as server:
        calls = api_calls(lambda path: server.call("GET", path)[1])
        bare = measure_bare(server, calls)
        load = Load(server.port, server.key)
        for call in calls:
            prefix = f"api_{database}_{jobs}_{call.name}"
            measure_call(report, prefix, call, load, bare[call.name])
            _say(f"  {prefix}: {report.figures[f'{prefix}_p95_ms']:.1f} ms")


def measure_bare(server: ScratchServer, calls: Sequence[Call]) -> dict[str, dict[str, float]]:
    asked = json.dumps([asdict(call) for call in calls])
    found: dict[str, dict[str, float]] = json.loads(
        server.python("-m", "audiomusic.bench.api.bare_sql", server.key, stdin=asked)
    )
    return found


def measure_call(report: Report, prefix: str, call: Call, load: Load, bare: dict[str, float]) -> None:
    one, many = load.measure(call, clients=1), load.measure(call, clients=CLIENTS)
    report.add(f"{prefix}_sql_p50_ms", bare["p50_ms"])
    report.add(f"{prefix}_p50_ms", one.p50_ms, at_most=SQL_TIMES * bare["p50_ms"] + SQL_PLUS_MS)
    report.add(f"{prefix}_p95_ms", one.p95_ms, at_most=SEARCH_P95_MS.get(call.name, CALL_P95_MS))
    report.add(f"{prefix}_eight_p50_ms", many.p50_ms)
    report.add(f"{prefix}_eight_p95_ms", many.p95_ms)
    report.add(f"{prefix}_queries", bare["queries"], at_most=MORE_QUERIES.get(call.name, QUERIES))


def _compare_sizes(report: Report, database: str, jobs: int) -> None:
    for name in SIZE_BLIND:
        many, few = (report.figures[f"api_{database}_{count}_{name}_p50_ms"] for count in (jobs, FEW_JOBS))
        report.add(f"api_{database}_{name}_{jobs}_over_{FEW_JOBS}", many / few, at_most=SIZE_RATIO)


def _say(line: str) -> None:
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()
