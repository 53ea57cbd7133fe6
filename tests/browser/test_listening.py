"""Playback across tabs, reloads, full screen and the queue."""

import pytest
from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until
from jobs.models import Job, Status
from tests.browser.conftest import session_cookie
from tests.browser.test_for_everybody import PHONE, violations

AUDIO = "document.getElementById('audio')"
TITLE = "[data-part=title]"
HIDE = "Object.defineProperty(document, 'hidden', { get: () => true })"
NOTIFICATIONS = """
  window.said = [];
  window.Notification = class extends EventTarget {
    static get permission() { return sessionStorage.getItem("permission") ?? "default"; }
    static async requestPermission() { sessionStorage.setItem("permission", "granted"); return "granted"; }
    constructor(title, options) { super(); window.said.push(options.body); }
    close() {}
  };
"""


@pytest.fixture
def songs(make_song):
    """Return the songs as the page lists them, newest first: Tide (two takes), Ebb, Foam."""
    return [make_song("Foam"), make_song("Ebb"), make_song("Tide", takes=2, lyrics="Down by the water")][::-1]


def play(page, name):
    page.goto("/")
    page.get_by_role("button", name=f"Play {name}").click()
    wait_until(page, f"{AUDIO}.currentTime > 0.3")
    return page


def test_a_reload_goes_on_at_the_same_second_with_the_same_queue(page, songs, other, live_server):
    """The player resumes only for the same user."""
    play(page, "Tide")
    page.keyboard.press("2")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Take 2")).to_have_attribute("aria-pressed", "true")
    wait_until(page, f"{AUDIO}.currentTime > 0.5")
    page.keyboard.press("k")
    before = page.evaluate(f"{AUDIO}.currentTime")
    page.reload()
    expect(page.locator(TITLE)).to_have_text("Tide")
    assert page.evaluate(f"{AUDIO}.currentTime") == pytest.approx(before, abs=0.05)
    assert page.evaluate(f"{AUDIO}.paused")
    expect(page.get_by_role("button", name="Take 2")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("q")
    expect(page.locator("#player .playlist-song")).to_have_text(["Tide", "Ebb", "Foam"])
    expect(page.get_by_role("button", name="Repeat: all songs")).to_be_visible()
    page.get_by_role("region", name="Player").get_by_role("button", name="Play", exact=True).click()
    wait_until(page, f"{AUDIO}.currentTime > {before + 0.2}")
    page.reload()  # the browser decides whether playback continues
    expect(page.locator(TITLE)).to_have_text("Tide")
    assert page.evaluate(f"{AUDIO}.currentTime") > before
    kept = page.evaluate("sessionStorage.getItem('audiomusic.listening')")
    with page.expect_navigation():
        page.evaluate("document.querySelector('[action$=\"/sign-out\"]').requestSubmit()")
    assert page.evaluate("sessionStorage.getItem('audiomusic.listening')") is None
    page.context.add_cookies([session_cookie(other, live_server.url)])
    page.evaluate("(kept) => sessionStorage.setItem('audiomusic.listening', kept)", kept)
    page.goto("/create")
    wait_until(page, "!document.getElementById('queue-badge').textContent")
    expect(page.get_by_role("region", name="Player")).to_be_hidden()


def test_tabs_agree(page, songs):
    play(page, "Tide")
    other = page.context.new_page()
    play(other, "Ebb")
    wait_until(page, f"{AUDIO}.paused")
    assert other.evaluate(f"{AUDIO}.paused") is False
    other.get_by_role("button", name="Like Foam", exact=True).click()
    liked = page.get_by_role("button", name="Like Foam", exact=True)
    expect(liked).to_have_attribute("aria-pressed", "true")
    other.evaluate("document.querySelector('[data-name=Tide] [data-do=rename]').click()")
    other.get_by_role("textbox", name="New name").fill("High tide")
    other.keyboard.press("Enter")
    expect(page.locator(TITLE)).to_have_text("High tide")
    expect(page.locator("h3", has_text="High tide")).to_be_visible()
    page.evaluate("document.querySelector('[data-name=\"High tide\"] [data-do=delete]').click()")
    expect(page.get_by_text("“High tide” deleted.")).to_be_visible()
    page.reload()  # now it can no longer be undone
    expect(other.locator("h3", has_text="High tide")).to_be_hidden()
    assert other.evaluate(f"{AUDIO}.paused") is False
    other.keyboard.press("q")
    expect(other.locator("#player .playlist-song")).to_have_text(["Ebb", "Foam"])


def test_the_whole_screen_shows_what_plays(page, songs):
    play(page, "Tide")
    page.keyboard.press("o")
    now = page.get_by_role("dialog", name="Now playing")
    expect(now.get_by_role("link", name="Tide")).to_be_visible()
    expect(now.locator(".lyric[aria-current=true]")).to_contain_text("Down by the water")
    now.get_by_role("button", name="Sing it").click()
    wait_until(page, f"{AUDIO}.currentTime >= 2")
    page.keyboard.press("k")  # the player's keys work here as well
    now.get_by_role("button", name="Play", exact=True).wait_for()
    now.get_by_role("button", name="Like", exact=True).click()
    expect(now.get_by_role("button", name="Like", exact=True)).to_have_attribute("aria-pressed", "true")
    now.get_by_role("button", name="Up next").click()
    expect(now.get_by_role("button", name="Ebb")).to_be_visible()
    assert violations(page) == []
    rows = page.locator("[data-song]").first.evaluate_handle("(row) => row")
    page.keyboard.press("Escape")
    expect(now).to_be_hidden()
    page.get_by_role("button", name="Now playing, full screen").click()
    expect(now).to_be_visible()
    page.go_back()
    expect(now).to_be_hidden()
    assert rows.evaluate("(row) => row.isConnected")  # the page below was not fetched again
    page.get_by_role("button", name="Now playing, full screen").click()
    now.get_by_role("link", name="Tide").click()
    expect(page.get_by_role("heading", name="Tide", level=1)).to_be_visible()
    expect(now).to_be_hidden()
    page.go_back()
    expect(page.get_by_role("button", name="Play Ebb")).to_be_visible()


def test_a_phone_has_cover_previous_and_the_whole_screen(open_page, owner, songs):
    page = play(open_page(owner, **PHONE), "Tide")
    player = page.get_by_role("region", name="Player")
    expect(player.get_by_role("button", name="Previous")).to_be_visible()
    player.get_by_role("button", name="Now playing, full screen").click()
    now = page.get_by_role("dialog", name="Now playing")
    box = now.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    assert page.evaluate("document.getElementById('now-playing').scrollWidth") <= 390
    page.evaluate("""() => {
      const root = document.getElementById('now-playing');
      const touch = (clientY) => new Touch({ identifier: 1, target: root, clientX: 100, clientY });
      root.dispatchEvent(new TouchEvent('touchstart', { touches: [touch(100)] }));
      root.dispatchEvent(new TouchEvent('touchend', { changedTouches: [touch(300)] }));
    }""")
    expect(now).to_be_hidden()


def test_the_next_song_is_loaded_before_this_one_ends(page, songs):
    """The light format is loaded unless lossless is chosen; window title and media session show what
    plays."""
    asked = []
    page.on("request", lambda request: "/audio/" in request.url and asked.append(request.url))
    play(page, "Tide")
    page.evaluate(f"window.first = {AUDIO}; {AUDIO}.currentTime = 2.5")
    expect(page).to_have_title("▶ Tide — AudioMusic")
    wait_until(page, "document.querySelectorAll('#player audio').length === 2")
    expect(page.locator(TITLE)).to_have_text("Ebb")
    wait_until(page, f"{AUDIO}.currentTime > 0.1")
    assert page.evaluate(f"{AUDIO} !== window.first && !{AUDIO}.paused")
    assert {url.rpartition(".")[2] for url in asked} == {"webm"}
    artwork = "navigator.mediaSession.metadata.artwork[0]?.src ?? ''"
    wait_until(page, artwork)
    page.keyboard.press("q")
    page.get_by_role("button", name="Lossless").click()
    wait_until(page, f"{AUDIO}.src.endsWith('.mp3')")
    page.keyboard.press("k")
    expect(page).to_have_title("Library · AudioMusic")
    page.keyboard.press("n")
    expect(page.locator(TITLE)).to_have_text("Foam")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press("r")
    page.keyboard.press("n")
    expect(page.locator(TITLE)).to_have_text("Tide")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Shuffle")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#player .playlist-song").first).to_have_text("Tide")
    page.keyboard.press("s")
    expect(page.locator("#player .playlist-song")).to_have_text(["Tide", "Ebb", "Foam"])
    page.reload()
    expect(page.locator(TITLE)).to_have_text("Tide")
    assert page.locator("[data-mode=lossless]").first.get_attribute("aria-pressed") == "true"


def test_who_looks_elsewhere_is_told_when_a_song_is_done(page, make_song):
    job = make_song("Slow", status="PROCESSING", stage="rendering", progress=10)
    page.add_init_script(NOTIFICATIONS)
    page.goto("/queue")
    page.get_by_role("button", name="Notify me when done").click()
    expect(page.get_by_role("button", name="Notify me")).to_have_attribute("aria-pressed", "true")
    page.goto("/playlists")  # a page without a row for this song
    wait_until(page, "!document.getElementById('queue-badge').hidden")
    page.evaluate(HIDE)
    Job.objects.filter(id=job.id).update(status=Status.FAILED)
    wait_until(page, "window.said.length === 1", timeout_s=20)
    assert page.evaluate("window.said") == ["“Slow” could not be made."]
    expect(page.locator(".toast")).to_contain_text("“Slow” could not be made.")
