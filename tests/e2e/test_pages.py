"""A person's first minutes, in real Chromium on the real server: sign up, ask, watch, listen."""

import pytest
from playwright.sync_api import expect

from audiomusic.bench.browser import chromium, find_chromium, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(find_chromium() is None, reason="Chromium is not here")]
SONG_TIMEOUT_MS = 180_000
MAX_FIRST_PAGE_BYTES = 200_000


def test_from_sign_up_to_the_first_song(server):
    complaints = []
    with chromium() as browser:
        page = browser.new_page(base_url=server.base_url)
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-up")
        page.get_by_label("Username").fill("mara")
        page.get_by_label("Password", exact=True).fill("velvet-groove-77")
        page.get_by_label("Password confirmation").fill("velvet-groove-77")
        page.get_by_role("button", name="Make the account").click()
        page.get_by_role("link", name="Make the first song").click()
        page.get_by_role("radio", name="Custom").check()
        page.get_by_label("Style").fill("warm folk song, acoustic guitar")
        page.get_by_role("textbox", name="Lyrics").fill("[Verse]\nThe river runs beneath the bridge")
        page.locator("#duration-auto").uncheck()
        page.locator("#duration").fill("10")
        page.get_by_label("Title").fill("Under the Bridge")
        page.get_by_role("button", name="Make it").click()
        expect(page.get_by_role("progressbar", name="Progress of Under the Bridge")).to_be_visible()
        play = page.get_by_role("button", name="Play Under the Bridge")
        expect(play).to_be_visible(timeout=SONG_TIMEOUT_MS)
        play.click()
        wait_until(page, "document.getElementById('audio').currentTime > 1", timeout_s=20)
        page.get_by_role("link", name="Under the Bridge").first.click()
        expect(page.get_by_role("heading", name="How it is written")).to_be_visible()
        expect(page.locator("path.score-notes").first).to_be_attached()
        before = page.evaluate("document.getElementById('audio').currentTime")
        wait_until(page, f"document.getElementById('audio').currentTime > {before}")
        assert first_page_bytes(browser, page) < MAX_FIRST_PAGE_BYTES
    assert complaints == []


def first_page_bytes(browser, page):
    """What the library sends to a browser that was never here: pages, scripts, styles and waveforms."""
    context = browser.new_context(
        base_url=page.url.partition("/tracks/")[0], storage_state=page.context.storage_state()
    )
    fresh, sizes = context.new_page(), []
    fresh.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    fresh.goto("/")
    fresh.wait_for_load_state("networkidle")
    assert len(sizes) > 20
    return sum(sizes)
