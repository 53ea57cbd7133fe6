"""The player: it really plays, continues across pages, and obeys the keyboard."""

import pytest
from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until

TIME = "document.getElementById('audio').currentTime"
PAUSED = "document.getElementById('audio').paused"


@pytest.fixture
def playing(page, make_song):
    """Return the library page while the newer of two songs plays. That song has two takes."""
    make_song("Ebb")
    make_song("Tide", takes=2)
    page.goto("/")
    page.get_by_role("button", name="Play Tide").click()
    wait_until(page, f"{TIME} > 0.3")
    return page


def test_it_plays_on_while_pages_change(playing):
    before = playing.evaluate(TIME)
    playing.get_by_role("link", name="Create").first.click()
    expect(playing.get_by_role("heading", name="New song")).to_be_visible()
    wait_until(playing, f"{TIME} > {before + 0.2}")
    playing.go_back()
    expect(playing.get_by_role("button", name="Pause Tide")).to_be_visible()
    assert playing.evaluate(PAUSED) is False


def test_it_goes_to_the_next_song_and_back(playing):
    title = playing.locator("[data-part=title]")
    expect(title).to_have_text("Tide")
    playing.keyboard.press("n")
    expect(title).to_have_text("Ebb")
    wait_until(playing, f"{TIME} > 0.1")
    playing.keyboard.press("p")
    expect(title).to_have_text("Tide")


def test_the_next_song_follows_by_itself(playing):
    playing.get_by_role("slider", name="Position", exact=True).press("End")
    expect(playing.locator("[data-part=title]")).to_have_text("Ebb")


def test_another_take_goes_on_at_the_same_moment(playing):
    playing.keyboard.press("ArrowLeft")
    wait_until(playing, f"{TIME} > 0.6")
    before = playing.evaluate(TIME)
    playing.keyboard.press("2")
    expect(playing.get_by_role("button", name="Take 2")).to_have_attribute("aria-pressed", "true")
    wait_until(playing, f"{TIME} >= {before}")
    assert playing.evaluate(TIME) < before + 2


def test_words_light_up_as_they_are_sung(playing):
    playing.keyboard.press("l")
    panel = playing.get_by_role("region", name="Lyrics")
    expect(panel.locator("[aria-current=true]")).to_contain_text("Down by the water")
    expect(panel.locator(".is-sung").first).to_have_text("Down")
    panel.get_by_role("button", name="Sing it").click()
    wait_until(playing, f"{TIME} >= 2")


def test_the_keyboard_alone_is_enough(playing):
    playing.keyboard.press("k")
    wait_until(playing, PAUSED)
    playing.keyboard.press("m")
    expect(playing.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    playing.keyboard.press("?")
    expect(playing.get_by_role("dialog", name="Keyboard")).to_be_visible()
    playing.keyboard.press("Escape")
    playing.keyboard.press("/")
    expect(playing.get_by_role("searchbox")).to_be_focused()
    playing.keyboard.type("k")  # a letter typed into a text field
    assert playing.evaluate(PAUSED) is True


def test_the_machine_is_told_what_plays(playing):
    session = "navigator.mediaSession"
    assert playing.evaluate(f"{session}.metadata.title") == "Tide"
    wait_until(playing, f"{session}.playbackState === 'playing'")
    playing.keyboard.press("k")
    wait_until(playing, f"{session}.playbackState === 'paused'")


def test_it_remembers_how_loud_it_was(playing):
    playing.evaluate("document.getElementById('audio').volume = 0.4")
    wait_until(playing, "localStorage.getItem('audiomusic.volume') === '0.4'")
    playing.reload()
    assert playing.evaluate("document.getElementById('audio').volume") == 0.4


def test_a_song_can_be_put_next(playing):
    playing.get_by_label("More for Ebb").click()
    playing.get_by_role("button", name="Play next").click()
    playing.keyboard.press("q")
    expect(playing.locator(".playlist-song")).to_have_text(["Tide", "Ebb", "Ebb"])
