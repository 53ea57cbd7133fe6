"""A song's score in a real browser: drawn, edited with messages about wrong bars, and recorded."""

from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.test_for_everybody import settle, violations
from tests.support.tool_songs import tool_song


def test_a_score_is_drawn_edited_and_recorded(page, transactional_db, owner):
    song = tool_song(owner)
    page.goto(f"/tracks/{song.id}")
    page.get_by_role("link", name="Score", exact=True).click()
    paper = page.locator(".notation-paper")
    expect(paper.locator(".abcjs-note").first).to_be_visible()
    expect(paper.get_by_text("bridge").first).to_be_visible()  # part of the lyrics
    text = page.get_by_label("The score in ABC notation")
    score = text.input_value()
    text.fill(score.replace("|", "z8 |", 1))
    expect(page.locator("#abc-check")).to_contain_text("Bar 1, Vocal")
    text.fill(score)
    expect(page.locator("#abc-check")).to_contain_text("Recording it costs")
    page.get_by_role("button", name="Record it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rainy Day – recording")).to_be_visible()
    assert Job.objects.get(source_job=song).task == "record"


def test_a_change_in_words_that_is_not_understood_says_what_is(page, transactional_db, owner):
    song = tool_song(owner)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/tracks/{song.id}/score")
    page.get_by_label("What to change").fill("make the chorus higher")
    page.get_by_label("Where").select_option("Chorus")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("heading", name="Rainy Day – revised")).to_be_visible()
    page.goto(f"/tracks/{song.id}/score")
    expect(page.locator(".notation-paper .abcjs-note").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    settle(page)
    assert [*found, *violations(page, "color-contrast")] == []
