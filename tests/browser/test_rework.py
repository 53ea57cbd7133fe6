"""Reworking a song in a real browser: a section is marked with the mouse, and two versions are compared."""

from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.test_for_everybody import PHONE, settle, violations
from tests.support.tool_songs import tool_song


def test_a_part_is_marked_priced_and_asked_for(page, transactional_db, owner):
    song = tool_song(owner)
    page.goto(f"/tracks/{song.id}/work/part")
    start, end = page.get_by_label("From second"), page.get_by_label("To second")
    box = page.locator(".stretch-map").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
    page.mouse.up()
    marked_s = float(end.input_value()) - float(start.input_value())
    assert 4 < marked_s < 12  # a quarter of 30 s, rounded to bars
    drawn = page.locator(".stretch-mark rect").bounding_box()
    assert abs(drawn["width"] - box["width"] * marked_s / 30) < 6
    expect(page.get_by_role("status").filter(has_text="credits")).to_be_visible()
    page.get_by_label("How it should sound").fill("calm strings")
    page.get_by_role("button", name="Redo a section").click()
    expect(page.get_by_role("heading", name="Rainy Day – repaint")).to_be_visible()
    window = Job.objects.get(source_job=song).effective["window"]
    assert abs(window["end_s"] - window["start_s"] - marked_s) < 0.02


def test_the_panel_is_for_every_eye_and_hand(open_page, transactional_db, owner):
    song = tool_song(owner)
    page = open_page(owner, **PHONE)
    page.goto(f"/tracks/{song.id}/work/part")
    page.get_by_label("Edges").select_option(label="at the nearest bar")
    end = page.get_by_label("To second")
    before_s = float(end.input_value())
    end.focus()
    page.keyboard.press("ArrowUp")
    bar_s = page.evaluate("JSON.parse(document.getElementById('stretch-song').textContent).bar_s")
    assert 0 < float(end.input_value()) - before_s < 2 * bar_s
    expect(page.get_by_role("status").filter(has_text="credits")).to_be_visible()
    settle(page)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_a_section_is_marked_by_its_button(page, transactional_db, owner):
    song = tool_song(owner)
    page.goto(f"/tracks/{song.id}")
    page.get_by_role("button", name="Chorus").first.click()
    assert float(page.get_by_label("From second").input_value()) > 0
    page.get_by_role("link", name="New lyrics").click()
    expect(page.get_by_label("New lyrics")).to_have_value(song.lyrics)


def test_two_versions_change_over_at_the_same_moment(page, make_song):
    one, other = make_song("First"), make_song("Second")
    page.goto(f"/tracks/{one.id}/compare/{other.id}")
    page.get_by_role("button", name="Play").first.click()
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    page.wait_for_function("() => document.querySelectorAll('[data-compare] audio')[0].currentTime > 0.5")
    page.get_by_label("B Second").check()
    apart_s, muted = page.evaluate(
        "() => { const [a, b] = document.querySelectorAll('[data-compare] audio');"
        " return [Math.abs(a.currentTime - b.currentTime), [a.muted, b.muted]]; }"
    )
    assert muted == [True, False] and apart_s < 0.3
