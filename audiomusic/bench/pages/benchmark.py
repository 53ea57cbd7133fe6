"""The server's cost of pages: the library and the staff's job lists, with few jobs and with many, as a
signed-in browser gets them.
"""

from __future__ import annotations

import re
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote

from audiomusic.bench.api.benchmark import filled_server
from audiomusic.bench.api.http_load import Call, Load
from audiomusic.bench.fixtures.sample_jobs import COMMON_WORD, RARE_WORD
from audiomusic.bench.pages.library_load import measure_library
from audiomusic.bench.pages.listening import player_figures
from audiomusic.bench.pages.shown_times import measure_shown_times
from audiomusic.bench.pages.walk import measure_walk
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import ScratchServer

USER, PASSWORD = "bulk", "only for this measurement"
FEW_JOBS = 1_000
PAGE_P95_MS = 100
COMMON_P95_MS = 300  # a word in most of the songs: the same goal as the API's
CLIENTS = 4
REQUESTS, SECONDS = 80, 2.0  # the most per page
SET_PASSWORD = (
    "from audiomusic.accounts.models import User;"
    f"user = User.objects.get(username={USER!r}); user.set_password({PASSWORD!r});"
    "user.is_staff = user.is_superuser = True; user.save()"
)
JOBS = "/admin/jobs/job/"


def run(*, jobs: int = 100_000, keep: Path | None = None, part: str = "") -> Report:
    """Measure the pages. `keep` is a folder in which the filled databases stay for the next run. `part`
    limits it to server, browser, player or times.
    """
    report = Report()
    if part in ("", "server"):
        for count in sorted({FEW_JOBS, jobs}):
            with filled_server("sqlite", count, keep) as server:
                _measure(report, server, count)
    if part in ("", "browser"):
        report.include(measure_library(jobs, keep))
        report.include(measure_walk())
    if part in ("", "player"):
        report.include(player_figures())
    if part in ("", "times"):
        report.include(measure_shown_times())
    return report


def _measure(report: Report, server: ScratchServer, jobs: int) -> None:
    server.manage("shell", "-v0", "-c", SET_PASSWORD)
    cookie = sign_in(server.base_url)
    load = Load(server.port, server.key, requests=REQUESTS, seconds=SECONDS, headers={"Cookie": cookie})
    newest = server.call("GET", "/api/v1/music/jobs?limit=1&status=COMPLETED")[1][0]["id"]
    for call in page_calls(newest):
        prefix = f"pages_{jobs}_{call.name}"
        one, many = load.measure(call, clients=1), load.measure(call, clients=CLIENTS)
        wanted = COMMON_P95_MS if call.name.endswith("_search_common") else PAGE_P95_MS
        report.add(f"{prefix}_p50_ms", one.p50_ms)
        report.add(f"{prefix}_p95_ms", one.p95_ms, at_most=wanted)
        report.add(f"{prefix}_four_p95_ms", many.p95_ms)
        sys.stderr.write(f"  {prefix}: {one.p95_ms:.1f} ms\n")


def page_calls(song: int) -> list[Call]:
    """Return the most requested pages."""
    return [
        Call("library", ["/"]),
        Call("library_genre", ["/?genre=Rock"]),
        Call("library_two_tags", ["/?genre=Rock&emotion=Calm"]),
        Call("library_liked", ["/?liked=true&status=COMPLETED"]),
        Call("library_by_name", ["/?order=name"]),
        Call("library_deep", ["/?skip=5000"]),
        Call("library_search_rare", [f"/?search={quote(RARE_WORD)}"]),
        Call("library_search_common", [f"/?search={quote(COMMON_WORD)}"]),
        Call("library_search_in_genre", [f"/?search={quote(COMMON_WORD)}&genre=Rock"]),
        Call("create", ["/create"]),
        Call("track", [f"/tracks/{song}"]),
        Call("queue", ["/queue"]),
        Call("queue_state", ["/queue/state"]),
        *admin_calls(song),
    ]


def admin_calls(song: int) -> list[Call]:
    """Return the staff's lists of all users' jobs."""
    return [
        Call("admin_jobs", [JOBS]),
        Call("admin_jobs_failed", [f"{JOBS}?status__exact=FAILED"]),
        Call("admin_jobs_failure", [f"{JOBS}?error_code__exact=attempts_exhausted"]),
        Call("admin_jobs_task", [f"{JOBS}?task__exact=text2rap&status__exact=COMPLETED"]),
        Call("admin_jobs_no_engine", [f"{JOBS}?engine__exact=acestep"]),
        Call("admin_jobs_user", [f"{JOBS}?username={USER}&status__exact=FAILED"]),
        Call("admin_jobs_search_rare", [f"{JOBS}?q={quote(RARE_WORD)}"]),
        Call("admin_jobs_search_common", [f"{JOBS}?q={quote(COMMON_WORD)}"]),
        Call("admin_jobs_search_number", [f"{JOBS}?q={song}"]),
        Call("admin_jobs_oldest", [f"{JOBS}?o=7"]),
        Call("admin_jobs_page_100", [f"{JOBS}?p=100"]),
        Call("admin_job", [f"{JOBS}{song}/change/"]),
    ]


def sign_in(base_url: str) -> str:
    """Sign in, and return the cookies as one header. Raises RuntimeError if that fails."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = opener.open(f"{base_url}/sign-in").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    fields = {
        "username": USER,
        "password": PASSWORD,
        "csrfmiddlewaretoken": token.group(1) if token else "",
    }
    opener.open(f"{base_url}/sign-in", data=urllib.parse.urlencode(fields).encode())
    cookies = {cookie.name: cookie.value for cookie in jar}
    if "sessionid" not in cookies:
        raise RuntimeError("Expected a session of /sign-in, got none.")
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
