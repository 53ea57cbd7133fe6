"""The installable app: Chromium accepts it, and it shows a page when there is no connection."""

import json

import pytest
from playwright.sync_api import expect

from audiomusic.devtools.browser import FLAGS, find_chromium, wait_until

KEPT = """async () => {
  const kept = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) kept.push(new URL(request.url).pathname);
  }
  return kept;
}"""
WORKS = "navigator.serviceWorker.controller?.state === 'activated'"
SHOWN = """async ([module, looks]) => {
  const times = new (await import(module)).ShownTimes();
  return looks.map(([left, left_s]) => times.wordsOf({ id: 1, left, left_s }));
}"""


@pytest.fixture(scope="module")
def browser(browser):
    """Launch the full Chromium, because the headless shell cannot install apps."""
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium is not on this machine")
    whole = browser.browser_type.launch(executable_path=path, args=list(FLAGS))
    yield whole
    whole.close()


def test_it_can_be_installed_and_says_where_it_is_offline(page, open_page, make_song, complaints):
    make_song("Tide")
    page.goto("/")
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == [] and json.loads(found["data"])["name"] == "AudioMusic"
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors] == ["in-incognito"]  # as every test's context is
    wait_until(page, WORKS)
    kept = page.evaluate(KEPT)
    assert "/offline" in kept and all(path == "/offline" or path.startswith("/static/") for path in kept)

    page.context.set_offline(True)
    page.goto("/queue")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.error')).display") == "flex"
    assert page.url.endswith("/queue")
    complaints.clear()  # the browser's own messages about failed requests
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Nothing in progress")).to_be_visible()

    stranger = open_page()  # what stays in the browser after sign-out can be read by anyone
    for path in kept:
        assert stranger.request.get(path, max_redirects=0).status == 200, path


def test_told_times_are_held_where_they_would_climb(page):
    page.goto("/")
    module = "/static/library/shown_times.js"
    looks = [["about 30 s left", 30], ["about 40 s left", 40], ["about 2 min left", 120], ["", None]]
    shown = page.evaluate(SHOWN, [module, [*looks, ["about 20 s left", 20]]])
    assert shown == ["about 30 s left", "about 30 s left", "", "", "about 20 s left"]
