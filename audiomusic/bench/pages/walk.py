"""A walk through every page that people see, on a server with a really generated song: what axe finds, layout
shifts, console messages while every control is used, and whether music continues after a reload.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from audiomusic.bench.fixtures.demo_data import furnish_one
from audiomusic.bench.pages.library_load import OBSERVE, SHIFT
from audiomusic.bench.pages.pictures import ERRORS, SHOTS, PicturedUser, Scheme, Shot, make_ready
from audiomusic.bench.pages.visitor import PASSWORD, PageVisitor, visit
from audiomusic.bench.report import Report
from audiomusic.devtools.browser import wait_until
from audiomusic.devtools.scratch_server import HIGH_RATES, ScratchServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SETTLE_MS = 400
RELOAD_S = 1.0  # a reload may lose this much
TABS, MOST_TABS = 12, 80
ADMIN_JOB_PX = 2400
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
CONTROLS = "#main button:visible, #main summary:visible, #main select:visible, #player button:visible"
#: Controls that would end the walk when used, or call another site.
NOT_PRESSED = ("delete", "revoke", "sign out", "end ", "remove", "cancel", "download", "save as")
MOST_CONTROLS = 40  # per page
STOP = "document.getElementById('audio')?.pause()"


def measure_walk() -> Report:
    """Measure on a scratch server."""
    report = Report()
    with ScratchServer(database_url="", folder=None, **HIGH_RATES) as server:
        demo = furnish_one(server)
        with visit(server, user=demo.username) as visitor:
            pictured = PicturedUser(server.base_url, demo.username, PASSWORD, demo.places)
            _look_at_sizes(report, visitor, demo.places["song"])
            _look_at_pages(report, visitor, pictured)
            _use_controls(report, visitor, pictured)
            _reload_in_mid_play(report, visitor)
    return report


def _look_at_sizes(report: Report, visitor: PageVisitor, song: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.base_url}/")
    report.add("walk_tabs_to_play", tabs_to_play(page), at_most=TABS)
    page.goto(f"{visitor.base_url}/admin/jobs/job/{song}/change/")
    height_px = page.evaluate("document.documentElement.scrollHeight")
    report.add("walk_admin_job_px", height_px, at_most=ADMIN_JOB_PX)


def tabs_to_play(page: Page) -> int:
    """Return how many Tab presses lead to the first "Play …"; MOST_TABS if none does."""
    for count in range(1, MOST_TABS):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
        if label.startswith("Play "):
            return count
    return MOST_TABS


def _look_at_pages(report: Report, visitor: PageVisitor, pictured: PicturedUser) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found, shifts = [], {}
    for is_signed_in in (True, False):
        context = visitor.context if is_signed_in else visitor.browser.new_context(viewport=_size(visitor))
        page = context.new_page()
        for shot in SHOTS:
            if shot.is_signed_in != is_signed_in:
                continue
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            page.goto(pictured.address(shot))
            page.evaluate(OBSERVE)
            page.wait_for_timeout(SETTLE_MS)
            shifts[shot.name] = page.evaluate("window.seen.shift")
            make_ready(page, shot)
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.wait_for_timeout(SETTLE_MS)
                found += [f"{shot.name} {scheme}: {each}" for each in violations(page, Axe().axe_script)]
            page.evaluate(STOP)
        page.close()
    report.add("walk_pages", len(shifts))
    report.add("walk_axe_violations", len(found), at_most=0)
    report.add("walk_worst_shift", max(shifts.values()), at_most=SHIFT)
    report.details["walk_axe_violations"] = found
    report.details["walk_shifts"] = [f"{name} {shift:.3f}" for name, shift in shifts.items() if shift > SHIFT]
    sys.stderr.write(f"  walk: axe on {len(shifts)} pages\n")


def violations(page: Page, script: str) -> list[str]:
    """Return axe's findings for the current page, one per line."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(script)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run({ resultTypes: ['violations'], preload: false })).violations"
    )
    return [f"{each['id']} {each['nodes'][0]['html'][:120]} ({len(each['nodes'])})" for each in found]


def _use_controls(report: Report, visitor: PageVisitor, pictured: PicturedUser) -> None:
    """Use every button, menu and choice of every page once; reopen a page if a control led away from it."""
    visitor.complaints.clear()
    page, used = visitor.page, 0
    page.on("dialog", lambda dialog: dialog.dismiss())
    for shot in SHOTS:
        if shot.is_signed_in and shot.name not in ERRORS and not shot.path.startswith("/admin/"):
            used += _use_page(page, pictured, shot)
    report.add("walk_controls_used", used)
    report.add("walk_complaints", len(visitor.complaints), at_most=0)
    report.details["walk_complaints"] = sorted(set(visitor.complaints))
    sys.stderr.write(f"  walk: {used} controls\n")


def _use_page(page: Page, pictured: PicturedUser, shot: Shot) -> int:
    address, used = pictured.address(shot), 0
    _open(page, address)
    page.wait_for_timeout(SETTLE_MS)
    for number in range(min(page.locator(CONTROLS).count(), MOST_CONTROLS)):
        control = page.locator(CONTROLS).nth(number)
        if not _may_be_used(control):
            continue
        try:
            control.click(timeout=1500)
            used += 1
        except Exception:  # hidden by what the last control opened: Escape, then the next one
            page.keyboard.press("Escape")
        page.wait_for_timeout(60)
        if page.url.split("#")[0] != address.split("#")[0]:
            _open(page, address)
    page.keyboard.press("Escape")
    page.evaluate(STOP)
    return used


def _open(page: Page, address: str) -> None:
    """Open a page, with a second try if a control's navigation interrupts the first."""
    try:
        page.goto(address)
    except Exception:  # ERR_ABORTED
        page.wait_for_timeout(SETTLE_MS)
        page.goto(address)


def _may_be_used(control: Locator) -> bool:
    if not control.count() or not control.is_enabled():
        return False
    words = f"{control.get_attribute('aria-label') or ''} {control.inner_text()}".lower()
    return not any(each in words for each in NOT_PRESSED) and control.get_attribute("type") != "submit"


def _reload_in_mid_play(report: Report, visitor: PageVisitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base_url}/")
    page.locator("[data-do=play]").first.click()
    wait_until(page, "document.getElementById('audio').currentTime > 3", timeout_s=15)
    queue = page.evaluate("document.querySelectorAll('#player-queue li').length")
    at_s = page.evaluate("document.getElementById('audio').currentTime")
    page.reload()
    page.wait_for_timeout(1500)
    after_s = page.evaluate("document.getElementById('audio').currentTime")
    is_shown = page.evaluate("!document.getElementById('player').hidden")
    after = page.evaluate("document.querySelectorAll('#player-queue li').length")
    report.add("walk_reload_player_shown", float(is_shown), at_least=1)
    report.add("walk_reload_lost_s", max(0.0, at_s - after_s), at_most=RELOAD_S)
    report.add("walk_reload_queue_lost", queue - after, at_most=0)


def _size(visitor: PageVisitor) -> Any:
    return visitor.page.viewport_size
