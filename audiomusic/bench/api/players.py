"""`bench players`: how fast `/rest` responds to music players: a ping compared with polling a job, and
copying a whole library page by page, as players do when they are set up.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from audiomusic.bench.api.benchmark import FILLED, USER, database_url, databases_of
from audiomusic.bench.api.http_load import Call, Client, Load
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

PAGE = 500  # songs, the maximum of one response
PAGE_MS = 100
PING_SHARE = 0.8  # of the poll's requests per second
CLIENTS = 4
CHUNK = 20_000

SETUP = """
import django; django.setup()
from audiomusic.accounts.players.services import player_password_create
from audiomusic.accounts.services import user_ensure
print(player_password_create(user=user_ensure(username="{user}")[0], name="bench")[1])
"""
FILL = """
import django; django.setup()
from audiomusic.bench.api.players import fill
fill({jobs})
"""


def run(*, jobs: int = 100_000, database: str = "both", keep: Path | None = None) -> Report:
    """Measure each database. Raises RuntimeError if PostgreSQL is requested but not installed."""
    report = Report()
    for name in databases_of(database):
        with _filled_server(name, jobs, keep) as server:
            password = server.python("-c", SETUP.format(user=USER)).strip()
            _measure_ping(report, name, server, password)
            _measure_pages(report, name, server, password)
    return report


def fill(jobs: int) -> None:
    """Create this many jobs of one user; runs with the server's own settings."""
    from audiomusic.bench.fixtures.sample_jobs import sample_jobs
    from audiomusic.bench.fixtures.sample_rows import ensure_users, refresh_statistics, write_jobs

    [user_id] = ensure_users(USER, 1)
    samples = list(sample_jobs(jobs, seed=1, until=datetime.now(UTC)))
    owners = [user_id] * (1 + max(sample.owner for sample in samples))
    for start in range(0, jobs, CHUNK):
        write_jobs(samples[start : start + CHUNK], owners)
    refresh_statistics()


@contextmanager
def _filled_server(database: str, jobs: int, keep: Path | None) -> Iterator[ScratchServer]:
    folder = keep / f"players-{database}-{jobs}" if keep else None
    with (
        database_url(database, folder) as url,
        ScratchServer("web", database_url=url, folder=folder, **HIGH_RATES) as server,
    ):
        if not (folder and (folder / FILLED).exists()):
            server.python("-c", FILL.format(jobs=jobs))
            if folder:
                (folder / FILLED).touch()
        server.key = server.manage("createkey", USER).strip()
        yield server


def _measure_ping(report: Report, database: str, server: ScratchServer, password: str) -> None:
    """Measure both in turn, so other load on the machine affects both."""
    newest = server.call("GET", "/api/v1/music/jobs?limit=10&status=COMPLETED")[1]
    poll = Call("poll", [f"/api/v1/music/jobs/{job['id']}/status" for job in newest])
    ping = Call("ping", [f"/rest/ping?{_signed(password)}"])
    load = Load(server.port, server.key, requests=2000)
    rates: dict[str, list[float]] = {"poll": [], "ping": []}
    for _ in range(3):
        for call in (poll, ping):
            timing = load.measure(call, clients=CLIENTS)
            rates[call.name].append(CLIENTS * 1000 / timing.p50_ms)
    polls, pings = (sorted(rates[name])[1] for name in ("poll", "ping"))
    report.add(f"players_{database}_polls_a_s", polls)
    report.add(f"players_{database}_pings_a_s", pings)
    report.add(f"players_{database}_ping_over_poll", pings / polls, at_least=PING_SHARE)


def _signed(password: str) -> str:
    token = hashlib.md5(f"{password}salt".encode(), usedforsecurity=False).hexdigest()
    return urlencode({"u": USER, "t": token, "s": "salt", "f": "json", "c": "bench", "v": "1.16.1"})


def _measure_pages(report: Report, database: str, server: ScratchServer, password: str) -> None:
    client = Client(server.port, server.key)
    times_ms, ids = _copy(client, password)
    again_ms, ids_again = _copy(client, password)
    client.close()
    report.add(f"players_{database}_songs", len(ids))
    report.add(f"players_{database}_repeated_songs", len(ids) - len(set(ids)), at_most=0)
    report.add(f"players_{database}_songs_in_another_order", float(ids != ids_again), at_most=0)
    report.add(f"players_{database}_page_p50_ms", sorted(again_ms)[len(again_ms) // 2], at_most=PAGE_MS)
    report.add(f"players_{database}_page_longest_ms", max(again_ms), at_most=PAGE_MS)
    report.add(f"players_{database}_first_copy_longest_ms", max(times_ms))


def _copy(client: Client, password: str) -> tuple[Sequence[float], Sequence[str]]:
    """Copy all songs page by page, and return (milliseconds of each page, IDs in order)."""
    times_ms: list[float] = []
    ids: list[str] = []
    while True:
        asked = {"query": "", "artistCount": 0, "albumCount": 0, "songCount": PAGE, "songOffset": len(ids)}
        path = f"/rest/search3?{_signed(password)}&{urlencode(asked)}"
        start = time.perf_counter()
        body = client.ask(Call("page", [path]), path)
        times_ms.append(1000 * (time.perf_counter() - start))
        songs = json.loads(body)["subsonic-response"]["searchResult3"]["song"]
        ids += [song["id"] for song in songs]
        if len(songs) < PAGE:
            return times_ms, ids
