"""A song's page, and its shared page."""

from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until

TIME = "document.getElementById('audio').currentTime"


def test_the_score_is_drawn_and_leads_to_its_moments(page, make_song):
    song = make_song("Tide")
    page.goto(f"/tracks/{song.id}")
    chart = page.get_by_role("img", name="A Minor, 96 bpm, 4/4. Sections: Verse, Chorus.")
    expect(chart.get_by_text("Chorus")).to_be_visible()
    expect(chart.get_by_text("Am")).to_be_visible()
    expect(chart.locator("path.score-notes")).to_have_count(3)  # voice, piano, drums
    chart.click(position={"x": 0.65 * chart.bounding_box()["width"], "y": 60})
    wait_until(page, f"{TIME} >= 2 && {TIME} < 4")


def test_the_score_is_that_of_the_take_which_plays(page, make_song):
    song = make_song("Tide", takes=2)
    page.goto(f"/tracks/{song.id}")
    first, second = (page.get_by_role("button", name=f"Score of take {take}") for take in (1, 2))
    expect(first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Play take 2").click()
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("img", name="A Minor, 96 bpm")).to_be_visible()
    first.click()
    wait_until(page, f"{TIME} > 0.3")
    expect(first).to_have_attribute("aria-pressed", "true")  # stays selected while the other take plays


def test_what_became_of_each_wish_is_told_in_words(page, make_song):
    page.goto(f"/tracks/{make_song('Tide').id}")
    region = page.get_by_role("region", name="Your request")
    expect(region.get_by_text("1 of 2 met")).to_be_visible()
    expect(region.get_by_role("row", name="no drums no drums 16 hits in bars 5-8 no")).to_be_visible()
    expect(region.get_by_role("row", name="calm piano piano plays piano, 2 notes yes")).to_be_visible()
    expect(region.get_by_text("“oud”: the band has none")).to_be_visible()
    expect(region.get_by_text("“glorious”")).to_be_visible()


def test_a_link_plays_in_a_private_window_until_it_is_revoked(page, open_page, make_song, complaints):
    song = make_song("Tide")
    page.goto(f"/tracks/{song.id}")
    page.get_by_role("button", name="Create link").click()
    address = page.get_by_label("Address to share").input_value()
    private = open_page()
    private.goto(address)
    expect(private.get_by_role("heading", name="Tide")).to_be_visible()
    private.get_by_role("button", name="Play Tide").click()
    wait_until(private, f"{TIME} > 0.3")
    sound = private.evaluate("document.getElementById('audio').src")
    page.get_by_role("link", name="Revoke the link created today").click()
    expect(page.get_by_text("Revoke the link of “Tide”, created today")).to_be_visible()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("no longer works")).to_be_visible()
    expect(page.get_by_text("Only you can hear it.")).to_be_visible()
    assert private.goto(address).status == 404
    assert private.request.get(sound).status == 404
    assert all("404" in text for text in complaints)
    complaints.clear()


def test_a_deleted_song_leads_back_to_the_library(page, make_song):
    song = make_song("Tide")
    page.goto(f"/tracks/{song.id}")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.locator(".row")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_be_visible()
