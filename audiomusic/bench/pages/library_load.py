"""The library in Chromium with few songs and with many: the size of the first page, how soon it is ready, how
soon a search responds, and whether going back restores the place.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiomusic.bench.api.benchmark import USER, filled_server
from audiomusic.bench.pages.visitor import PageVisitor, visit
from audiomusic.bench.report import Report
from audiomusic.devtools.browser import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

FEW_SONGS = 1_500
REQUESTS, KILOBYTES = 12, 120
LCP_MS, SLOW_LCP_MS = 1000, 3000
SEARCH_MS, SEARCHES = 200, 20
SHIFT = 0.02
BACK_PX = 20
LOOKS = 3  # of the first page; the median counts
#: A slow mobile network: 1.6 Mbit/s, 150 ms round trip.
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
QUIET_MS = 1500
FILES = 6  # how many of the largest are named
OBSERVE = """() => {
  window.seen = { lcp: 0, shift: 0 };
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) seen.lcp = entry.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""
#: The time from a key press until the results are shown, by the page's own clock.
SEARCH = """(word) => new Promise((done, fail) => {
  const field = document.getElementById("search");
  const from = performance.now();
  const stop = setTimeout(() => fail(new Error("no result within 5 s")), 5000);
  const seen = new MutationObserver(() => {
    const browse = document.getElementById("browse");
    if (browse === before) return;
    clearTimeout(stop);
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - from));
  });
  const before = document.getElementById("browse");
  seen.observe(document.getElementById("main"), { childList: true, subtree: true });
  field.value = word;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
})"""
WORDS = ("night", "rain", "blue", "slow", "river", "dance", "light", "heart", "dream", "gold")


def measure_library(jobs: int, keep: Path | None) -> Report:
    """Measure with FEW_SONGS and with `jobs` jobs."""
    report = Report()
    for count in sorted({FEW_SONGS, jobs}):
        with filled_server("sqlite", count, keep) as server, visit(server, user=USER) as visitor:
            _measure(report, visitor, count)
    return report


def _measure(report: Report, visitor: PageVisitor, jobs: int) -> None:
    prefix = f"browser_{jobs}"
    firsts = [_first_page(visitor) for _ in range(LOOKS)]
    report.add(f"{prefix}_requests", max(first["requests"] for first in firsts), at_most=REQUESTS)
    report.add(f"{prefix}_kb", max(first["kb"] for first in firsts), at_most=KILOBYTES)
    report.add(f"{prefix}_lcp_ms", statistics.median(first["lcp"] for first in firsts), at_most=LCP_MS)
    report.add(f"{prefix}_shift", max(first["shift"] for first in firsts), at_most=SHIFT)
    report.details[f"{prefix}_largest_files"] = sorted(firsts[0]["files"], reverse=True)[:FILES]
    slow = _first_page(visitor, network=SLOW)
    report.add(f"{prefix}_slow_lcp_ms", slow["lcp"], at_most=SLOW_LCP_MS)
    page = visitor.page
    searched_ms = _searched_ms(page, visitor.base_url)
    wanted = SEARCH_MS if jobs <= FEW_SONGS else None
    report.add(f"{prefix}_search_p50_ms", statistics.median(searched_ms), at_most=wanted)
    report.add(f"{prefix}_search_worst_ms", max(searched_ms))
    rows_lost, moved_px = way_back(page, visitor.base_url)
    report.add(f"{prefix}_back_rows_lost", rows_lost, at_most=0)
    report.add(f"{prefix}_back_px", moved_px, at_most=BACK_PX)
    report.add(f"{prefix}_complaints", len(visitor.complaints), at_most=0)
    report.details[f"{prefix}_complaints"] = sorted(set(visitor.complaints))
    sys.stderr.write(f"  {prefix}: measured\n")


def _first_page(visitor: PageVisitor, network: dict[str, Any] | None = None) -> dict[str, Any]:
    """Load the first page in a new window with an empty cache. The service worker's own requests come later
    and do not count.
    """
    context = visitor.browser.new_context(
        viewport=visitor.page.viewport_size, storage_state=visitor.context.storage_state()
    )
    page = visitor.mind(context.new_page())
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    if network:
        devtools.send("Network.emulateNetworkConditions", network)
    paths: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def asked_for(event: dict[str, Any]) -> None:
        paths.setdefault(event["requestId"], event["request"]["url"])

    def came(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    devtools.on("Network.requestWillBeSent", asked_for)
    devtools.on("Network.loadingFinished", came)
    page.goto(f"{visitor.base_url}/")
    page.evaluate(OBSERVE)
    page.wait_for_timeout(QUIET_MS)
    seen = page.evaluate("window.seen")
    context.close()
    asked = {key: path for key, path in paths.items() if not path.startswith("data:")}
    files = [f"{sizes.get(key, 0) / 1000:8.1f} kB  {path}" for key, path in asked.items()]
    return {**seen, "requests": len(asked), "kb": sum(sizes.values()) / 1000, "files": files}


def _searched_ms(page: Page, base_url: str) -> list[float]:
    page.goto(f"{base_url}/")
    wait_until(page, "Boolean(window.htmx)")
    taken = []
    for turn in range(SEARCHES):
        word = WORDS[turn % len(WORDS)][: 3 + turn % 3]
        taken.append(float(page.evaluate(SEARCH, word)))
        page.wait_for_timeout(100)
    return taken


def way_back(page: Page, base_url: str) -> tuple[int, float]:
    """Open a song far down the list and go back. Return the number of missing rows, and by how much the place
    moved.
    """
    page.goto(f"{base_url}/")
    wait_until(page, "Boolean(window.htmx)")
    for _ in range(3):
        page.evaluate("document.getElementById('more')?.scrollIntoView()")
        page.wait_for_timeout(700)
    rows = page.locator("#main .row")
    before = rows.count()
    row = rows.nth(before - 12)
    row.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    song = row.get_attribute("data-song")
    find = f"document.querySelector('[data-song=\"{song}\"]')?.getBoundingClientRect().top ?? 1e6"
    at_px = page.evaluate(find)
    row.locator("[data-part=name]").click()
    page.wait_for_url("**/tracks/**")
    page.wait_for_timeout(300)
    page.go_back()
    page.wait_for_timeout(1500)
    return before - rows.count(), abs(page.evaluate(find) - at_px)
