"""Appearance that only a browser shows: theme, time zone, plain words, menus and labels."""

import json
import re

from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until
from audiomusic.http.pages.plain_words import plainly
from library.services import share_create
from tests.browser.test_for_everybody import SHIFTS
from tests.http.pages.test_plain_words import SAID

GROUND = "getComputedStyle(document.body).backgroundColor"
WAVES = """[...document.querySelectorAll("canvas.waveform")].map(
  (canvas) => getComputedStyle(canvas).getPropertyValue("--wave-played"))"""
BOXES = """all => all.map((each) => each.getBoundingClientRect())
  .map(({ left, right, top }) => [top, left, right])"""
LIGHT, DARK = "rgb(231, 233, 228)", "rgb(15, 17, 19)"


def test_a_theme_is_chosen_and_stays(page, open_page):
    page.goto("/account")
    wait_until(page, f"{GROUND} === '{LIGHT}'")
    page.locator(".site-menu summary").click()
    page.get_by_role("radio", name="Dark").check(force=True)
    wait_until(page, f"{GROUND} === '{DARK}'")
    page.goto("/playlists")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    wait_until(page, f"{GROUND} === '{DARK}'")
    page.locator(".site-menu summary").click()
    page.get_by_role("radio", name="System").check(force=True)
    wait_until(page, f"{GROUND} === '{LIGHT}'")
    page.emulate_media(color_scheme="dark")
    wait_until(page, f"{GROUND} === '{DARK}'")
    visitor = open_page()
    visitor.goto("/sign-in")
    visitor.get_by_role("radio", name="Dark").check(force=True)
    wait_until(visitor, f"{GROUND} === '{DARK}'")


def test_the_admin_chooses_for_the_whole_site(open_page, admin_user):
    page = open_page(admin_user)
    page.goto("/admin/")
    wait_until(page, f"{GROUND} === '{LIGHT}'")
    chosen = page.locator("[data-theme-choice] input")
    chosen.nth(2).focus()
    page.keyboard.press("ArrowLeft")  # as in any radio group
    wait_until(page, f"{GROUND} === '{DARK}'")
    for address in ("/account", "/admin/jobs/job/"):
        page.goto(address, wait_until="commit")
        wait_until(page, f"document.body && {GROUND} === '{DARK}'")
    expect(chosen.nth(1)).to_be_checked()
    chosen.nth(0).check(force=True)
    wait_until(page, f"{GROUND} === '{LIGHT}'")


def test_the_first_page_of_all_tells_times_where_its_reader_is(open_page, owner, make_song):
    song = make_song("Tide", completed_at=None)
    type(song).objects.filter(pk=song.pk).update(created_at="2026-01-15T23:30:00Z")
    page = open_page(owner, timezone_id="Asia/Tokyo")
    for _ in range(2):  # first formatted by the script, then by the server
        page.goto(f"/tracks/{song.id}")
        time = page.locator(".track-kind time")
        expect(time).to_have_text("16 Jan 08:30")
        expect(time).to_have_attribute("title", "Friday 16 January 2026, 08:30:00, Asia/Tokyo")


def test_a_song_is_drawn_in_its_own_colours_and_nothing_overlaps(open_page, owner, make_song):
    songs = [make_song(f"Tide {number}", takes=2, lyrics="Down by the water") for number in range(4)]
    songs[0].takes.update(lrc_content="[00:00.00]Down\n[00:01.00]\n[00:02.00]Sing it", enhanced_lrc="")
    page = open_page(owner, viewport={"width": 1280, "height": 700})
    page.goto("/")
    expect(page.locator("canvas[data-hue]")).to_have_count(4)
    waves = page.evaluate(WAVES)
    assert all(wave.startswith("oklch(") for wave in waves)
    assert len(set(waves)) > 1
    menu = page.locator(".row .menu").filter(has=page.get_by_label("Download Tide 0"))
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="FLAC").last).to_be_in_viewport()
    page.goto(f"/tracks/{songs[0].id}")
    expect(page.locator(".lyric")).to_have_text(["Down", "♪", "Sing it"])
    assert page.locator("button.lyric").evaluate_all("all => all.every((each) => each.textContent)")
    assert page.evaluate(SHIFTS) < 0.02
    rows = sorted(page.locator(".score-label, .score-chord").evaluate_all(BOXES))
    assert rows
    assert all(one[2] <= two[1] for one, two in zip(rows, rows[1:], strict=False) if one[0] == two[0])


def test_scripts_say_refusals_as_the_server_does(open_page, owner, make_song):
    page = open_page()
    link = share_create(job=make_song("Tide", takes=2), days=7)
    page.goto(f"/s/{link.token}")
    said = page.evaluate(
        """async (sentences) => {
             const { plainly } = await import(`${document.body.dataset.home}static/library/plain.js`);
             return sentences.map(plainly);
           }""",
        list(SAID),
    )
    assert said == [plainly(sentence) for sentence in SAID], json.dumps(said)
    page.get_by_role("button", name="Take 2").click()
    expect(page.get_by_role("button", name="Take 2")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play Tide").click()
    expect(page.get_by_role("button", name="Pause Tide")).to_be_visible()
    assert "/2.stream." in page.evaluate("document.getElementById('audio').src")


def test_a_field_that_was_drawn_larger_is_swapped_without_a_complaint(page, make_song):
    """htmx would copy the old field's `style` to the new one, as an attribute that the policy refuses."""
    page.goto(f"/tracks/{make_song('Tide').id}")
    page.get_by_label("Lyrics for this section").evaluate("field => { field.style.height = '9rem'; }")
    with page.expect_response(lambda response: "/work" in response.url):
        page.get_by_role("link", name="Redo a section").click()
    expect(page.get_by_label("Lyrics for this section")).not_to_have_attribute("style", re.compile("9rem"))
