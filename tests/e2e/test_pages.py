"""A user's first minutes, in real Chromium on a real server: sign up, order a song, watch it, listen."""

import pytest
from playwright.sync_api import expect

from audiomusic.devtools.browser import chromium, find_chromium, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(find_chromium() is None, reason="Chromium is not here")]
SONG_TIMEOUT_MS = 180_000
MAX_FIRST_PAGE_BYTES, MAX_FIRST_PAGE_FILES = 120_000, 12
PASSWORD = "velvet-groove-77"
#: The accessible name of the focused element.
FOCUSED = """(() => {
  const { activeElement: it } = document;
  return (it.ariaLabel ?? it.labels?.[0]?.innerText ?? it.innerText).trim();
})()"""


def test_from_sign_up_to_the_first_song(server):
    complaints = []
    with chromium() as browser:
        page = browser.new_page(base_url=server.base_url)
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-up")
        page.get_by_label("Username").fill("mara")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password confirmation").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        page.get_by_role("link", name="Create your first song").click()
        page.get_by_role("radio", name="Custom").check()
        page.get_by_label("Style").fill("warm folk song, acoustic guitar")
        page.get_by_role("textbox", name="Lyrics").fill("[Verse]\nThe river runs beneath the bridge")
        page.locator("#duration-auto").uncheck()
        page.locator("#duration").fill("10")
        page.get_by_label("Title").fill("Under the Bridge")
        page.get_by_role("button", name="Create song").click()
        expect(page.get_by_role("progressbar", name="Progress of Under the Bridge")).to_be_visible()
        play = page.get_by_role("button", name="Play Under the Bridge")
        expect(play).to_be_visible(timeout=SONG_TIMEOUT_MS)
        play.click()
        wait_until(page, "document.getElementById('audio').currentTime > 1", timeout_s=20)
        page.get_by_role("link", name="Under the Bridge").first.click()
        expect(page.get_by_role("heading", name="Score")).to_be_visible()
        expect(page.locator("path.score-notes").first).to_be_attached()
        before = page.evaluate("document.getElementById('audio').currentTime")
        wait_until(page, f"document.getElementById('audio').currentTime > {before}")
        assert first_page_bytes(browser, page) < MAX_FIRST_PAGE_BYTES
    assert complaints == []


def tab_to(page, name):
    """Press Tab until the focused element has this name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"Tab does not lead to {name} at {page.url}")


def test_the_keyboard_alone_makes_hears_likes_and_deletes(server):
    complaints = []
    with chromium() as browser:
        page = browser.new_page(base_url=server.base_url)
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-up")
        fields = {"Username": "kim", "Password": PASSWORD, "Password confirmation": PASSWORD}
        for label, text in fields.items():
            page.get_by_label(label, exact=True).focus()
            page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="No songs yet")).to_be_visible()

        page.wait_for_load_state("load")  # the page appears before its key handlers
        page.keyboard.press("c")
        expect(page.get_by_role("heading", name="New song")).to_be_visible()
        tab_to(page, "Simple")
        page.keyboard.press("ArrowRight")
        tab_to(page, "Song")
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        tab_to(page, "Sound")
        page.keyboard.type("one wooden knock")
        tab_to(page, "Loop")
        page.keyboard.press("ArrowRight")
        tab_to(page, "Title optional")
        page.keyboard.type("Knock")
        tab_to(page, "Create song")
        page.keyboard.press("Enter")

        expect(page.get_by_role("button", name="Play Knock")).to_be_visible(timeout=SONG_TIMEOUT_MS)
        tab_to(page, "Play Knock")
        page.keyboard.press("Enter")
        wait_until(page, "document.getElementById('audio').currentTime > 0.05", timeout_s=20)
        page.keyboard.press("f")
        expect(page.get_by_role("button", name="Like Knock", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        tab_to(page, "More for Knock")
        page.keyboard.press("Enter")
        tab_to(page, "Delete")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_be_hidden()
        tab_to(page, "Undo")
        page.keyboard.press("Enter")
        expect(page.locator(".row")).to_be_visible()
    assert complaints == []


def first_page_bytes(browser, page):
    """Return how many bytes the library sends to a new browser: pages, scripts, styles and waveforms."""
    context = browser.new_context(
        base_url=page.url.partition("/tracks/")[0], storage_state=page.context.storage_state()
    )
    fresh, finished = context.new_page(), []
    fresh.on("requestfinished", lambda request: finished.append(request))  # sizes are read outside the event
    fresh.goto("/")
    fresh.wait_for_load_state("networkidle")
    assert 5 < len(finished) <= MAX_FIRST_PAGE_FILES
    return sum(request.sizes()["responseBodySize"] for request in finished)
