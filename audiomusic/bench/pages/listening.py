"""The experience of a listener with little bandwidth: how soon a song starts, whether it stalls, how songs
follow each other, and where playback continues after a reload.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from audiomusic.bench.pages.visitor import PageVisitor, visit
from audiomusic.bench.report import Report
from audiomusic.devtools.browser import wait_until
from audiomusic.devtools.scratch_server import ScratchServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

SONG_S, SHORT_S = 100, 10
SONG_TIMEOUT_S = 240
SLOW_BYTES = 50_000  # per second: a song must start within FIRST_SOUND_S
THIN_BYTES = 32_000  # per second, 256 kbit: playback must not stall
LATENCY_MS = 40
FIRST_SOUND_S = 2.0
LISTENED_S = 40
WANTED_GAP_MS = 60
AUDIO = "document.getElementById('audio')"
PLAYS = "document.querySelector('[data-part=title]').textContent === '{}'"
#: From pressing Play: when audio starts, and how often it stalls after that.
WATCH = """(name) => {
  window.heard = { sound_s: null, waits: 0 };
  const begun = performance.now();
  const audio = document.getElementById('audio');
  audio.addEventListener('timeupdate', () => {
    if (audio.currentTime > 0.05) window.heard.sound_s ??= (performance.now() - begun) / 1000;
  });
  audio.addEventListener('waiting', () => { if (window.heard.sound_s !== null) window.heard.waits += 1; });
  document.querySelector(`[data-name="${name}"] [data-do=play]`).click();
}"""
#: When the current song would have begun at its first sample, and when it will end, by the page's clock.
CLOCK = f"""() => {{
  const {{ currentTime, duration }} = {AUDIO};
  const begun = performance.now() - currentTime * 1000;
  return {{ begun, ends: begun + duration * 1000 }};
}}"""


def player_figures() -> Report:
    """Measure on a scratch server whose worker first makes three songs."""
    report = Report()
    with ScratchServer(database_url="") as server:
        for name, length_s in (("Second", SHORT_S), ("First", SHORT_S), ("Long", SONG_S)):
            _make(server, name, length_s)
        with visit(server) as visitor:
            _measure_line(report, visitor)
            _measure_gap(report, visitor.page)
            _measure_reload(report, visitor.page)
            report.add("player_complaints", len(visitor.complaints), at_most=0)
    return report


def _make(server: ScratchServer, name: str, length_s: int) -> None:
    body: dict[str, Any] = {"prompt": "calm piano and strings", "duration": length_s, "seed": 7}
    job = server.call("POST", "/api/v1/music/prompt2instrumental", body)[1]["job"]["id"]
    server.wait_for(job, "COMPLETED", timeout_s=SONG_TIMEOUT_S)
    server.call("PATCH", f"/api/v1/music/jobs/{job}", {"display_name": name})


def _measure_line(report: Report, visitor: PageVisitor) -> None:
    page = visitor.page
    session = visitor.context.new_cdp_session(page)
    session.send("Network.enable")
    time.sleep(SONG_S / 20)  # the worker encodes the compressed format once the song is done
    for label, line in (("slow", SLOW_BYTES), ("thin", THIN_BYTES)):
        session.send("Network.clearBrowserCache")
        page.goto(visitor.base_url)
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY_MS, "downloadThroughput": line, "uploadThroughput": line},
        )
        page.evaluate(WATCH, "Long")
        wait_until(page, "window.heard.sound_s !== null", timeout_s=60)
        if label == "thin":
            time.sleep(LISTENED_S)
        heard = page.evaluate("window.heard")
        at_most = FIRST_SOUND_S if label == "slow" else None
        report.add(f"player_{label}_first_sound_s", heard["sound_s"], at_most=at_most)
        if label == "thin":
            report.add(f"player_{label}_waits", heard["waits"], at_most=0)
            report.add(f"player_{label}_heard_s", page.evaluate(f"{AUDIO}.currentTime"))
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        page.keyboard.press("k")


def _measure_gap(report: Report, page: Page) -> None:
    page.evaluate(WATCH, "First")
    wait_until(page, f"{PLAYS.format('First')} && {AUDIO}.currentTime > {SHORT_S / 2}", timeout_s=60)
    first = page.evaluate(CLOCK)
    wait_until(page, PLAYS.format("Second"), timeout_s=60)
    wait_until(page, f"{AUDIO}.currentTime > 1 && {AUDIO}.currentTime < {SHORT_S / 2}", timeout_s=60)
    second = page.evaluate(CLOCK)
    report.add("player_gap_ms", second["begun"] - first["ends"], at_most=WANTED_GAP_MS)


def _measure_reload(report: Report, page: Page) -> None:
    page.evaluate(WATCH, "Long")
    wait_until(page, f"{PLAYS.format('Long')} && {AUDIO}.currentTime > 3", timeout_s=60)
    page.keyboard.press("k")
    before = page.evaluate(f"{AUDIO}.currentTime")
    page.reload()
    wait_until(page, f"{AUDIO}.currentTime > 1", timeout_s=60)
    report.add("player_reload_off_s", abs(page.evaluate(f"{AUDIO}.currentTime") - before), at_most=0.5)
