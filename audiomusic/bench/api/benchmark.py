"""What the job-management API costs: few jobs against many, one client against eight, on each
database, beside the bare SQL; and an answer beside a bare Django view that reads the same row."""

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
CREDITS = 100_000_000  # enough for every song that is asked for
FILLED = "filled"  # stands beside a database that was filled to the end
CLIENTS = 8

# What is wanted of one client.
CALL_P95_MS = 20
SEARCH_P95_MS = {
    "search_rare": 50, "search_missing": 50, "search_common": 300,
    "search_two_rare": 50, "search_two_common": 300, "search_phrase": 300, "search_typo": 100,
}  # fmt: skip
SQL_TIMES, SQL_PLUS_MS = 3, 5  # no call above so many times its SQL, and so much more
QUERIES = 6
#: A wrong word: which words are held, how they may be spelled, the search again. A name: its words are kept.
MORE_QUERIES = {"search_typo": 9, "patch": 7}
#: Calls that cost the same whatever the number of jobs, and the ratio that passes for the same.
SIZE_BLIND, SIZE_RATIO = ("counts", "statistics", "list_first"), 1.5


def run(*, jobs: int = 100_000, database: str = "sqlite", keep: Path | None = None) -> Report:
    """`keep`: where the filled databases stay, and are found again by the next run.

    Raises RuntimeError where PostgreSQL is asked for and its programs are not on the machine."""
    report = ApiReport()
    measure_share(report)
    for name in databases_of(database):
        for count in sorted({FEW_JOBS, jobs}):
            measure_database(report, name, count, keep)
        _compare_sizes(report, name, jobs)
    return report


def fill(*, jobs: int, database: str, keep: Path) -> None:
    """Only fill the databases that `run` would measure: minutes of work, but nothing to be quiet for."""
    for name in databases_of(database):
        for count in sorted({FEW_JOBS, jobs}):
            with filled_server(name, count, keep):
                pass


def databases_of(database: str) -> Sequence[str]:
    """Those that `--database` names."""
    return ("sqlite", "postgres") if database == "both" else (database,)


@contextmanager
def filled_server(database: str, jobs: int, keep: Path | None) -> Iterator[ScratchServer]:
    """A web server on a database of its own with so many jobs; `key` is that of who owns half."""
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
