"""Asking for a song in the browser."""

import re

from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.test_for_everybody import violations


def custom(page, address="/create"):
    page.goto(address)
    page.get_by_role("radio", name="Custom").check()


def test_one_sentence_is_enough(page, presets):
    page.goto("/create")
    page.get_by_label("What should it be?").fill("a happy song about the sea")
    expect(page.locator("#estimate")).to_contain_text("credits")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("Next in line")).to_be_visible()
    job = Job.objects.get()
    assert (job.task, job.prompt) == ("simple", "a happy song about the sea")
    assert page.url.endswith("/")
    expect(page.get_by_role("banner")).to_have_count(1)


def test_custom_mode_sends_what_was_chosen(page, presets):
    custom(page)
    page.get_by_label("Style").fill("calm piano")
    page.get_by_role("button", name="Verse", exact=True).click()
    page.keyboard.type("The river runs")
    page.get_by_role("radio", name="Jazz").check()
    page.get_by_label("Tempo (bpm)").fill("96")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    params = Job.objects.get().params
    assert params["lyrics"] == "[Verse]\nThe river runs"
    assert (params["genre_preset"], params["bpm"], params["format"]) == ("Jazz", 96, "flac")
    assert "guidance_scale" not in params


def test_the_estimate_follows_lyrics_and_takes(page, presets):
    custom(page)
    estimate = page.locator("#estimate")
    page.get_by_role("textbox", name="Lyrics").fill("One line\nTwo lines")
    expect(estimate).to_have_text("about 0:29 · 489 credits")
    page.get_by_role("spinbutton", name="Takes").fill("3")
    expect(estimate).to_have_text("about 0:29 × 3 · 1,467 credits")


def test_what_is_wrong_stands_beside_its_field(page, presets, complaints):
    custom(page)
    page.get_by_label("Style").fill("calm piano")
    page.get_by_label("Tempo (bpm)").fill("999")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("[data-field=bpm] .field-errors")).to_contain_text("300")
    expect(page.get_by_label("Tempo (bpm)")).to_be_focused()
    assert not Job.objects.exists()
    assert [text for text in complaints if "400" in text]  # the browser's own line about the answer
    complaints.clear()


def test_an_earlier_song_can_be_used_again(page, presets, make_song):
    asked = {"prompt": "slow waltz", "bpm": 88, "seed": 7, "duration": -1, "shift": 2.5}
    song = make_song("Waltz", task="prompt2instrumental", params=asked)
    page.goto(f"/tracks/{song.id}")
    page.get_by_role("link", name="Use again").click()
    expect(page.get_by_role("radio", name="Instrumental")).to_be_checked()
    expect(page.get_by_label("Style")).to_have_value("slow waltz")
    expect(page.get_by_label("Tempo (bpm)")).to_have_value("88")
    expect(page.get_by_label("Seed")).to_have_value("7")
    expect(page.locator("#duration-auto")).to_be_checked()
    expect(page.locator("#shift")).to_have_value("2.5")


def test_words_are_written_changed_and_made(page, presets):
    page.goto("/create")
    page.get_by_label("What should it be?").fill("a disco song about my cat Tinka")
    page.get_by_role("button", name="Write the words").press("Enter")
    draft = page.locator("#draft")
    expect(draft.get_by_role("heading", level=2)).to_be_focused()
    for name in ("Key", "Tempo", "Metre", "Length", "Words by"):
        expect(draft).to_contain_text(name)
    expect(draft).to_contain_text("Understood")
    expect(page.get_by_role("radio", name="Custom")).to_be_checked()
    expect(page.get_by_label("Style")).to_have_value(re.compile("a disco song about my cat Tinka"))
    lyrics = page.get_by_role("textbox", name="Lyrics")
    first = lyrics.input_value()
    assert "[" in first and page.get_by_label("Tempo (bpm)").input_value()
    page.get_by_role("button", name="Write other words").click()
    expect(lyrics).not_to_have_value(first)
    words = "[Verse]\nTinka, Tinka, come back home"
    lyrics.fill(words)
    page.get_by_label("Title").fill("Tinka")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    job = Job.objects.get()
    assert (job.task, job.display_name, job.params["lyrics"]) == ("text2music", "Tinka", words)
    assert job.params["bpm"] and job.params["keyscale"] and job.params["seed"] >= 0


def test_what_was_typed_stays_with_a_draft(page, presets):
    custom(page)
    page.get_by_label("Style").fill("slow waltz")
    page.get_by_role("textbox", name="Lyrics").fill("[Verse]\nThe river runs")
    page.get_by_label("Tempo (bpm)").fill("96")
    page.get_by_role("radio", name="Jazz").check()
    page.get_by_role("button", name="Write the words").click()
    expect(page.locator("#draft")).to_contain_text("96 bpm")
    expect(page.get_by_role("textbox", name="Lyrics")).to_have_value("[Verse]\nThe river runs")
    expect(page.get_by_label("Tempo (bpm)")).to_have_value("96")
    expect(page.get_by_role("radio", name="Jazz")).to_be_checked()
    expect(page.locator("#draft")).not_to_contain_text("Words by")


def test_a_draft_that_is_refused_says_why(page, presets, complaints):
    page.goto("/create")
    page.get_by_role("button", name="Write the words").click()
    expect(page.locator("[data-field=prompt] .field-errors")).to_contain_text("what the song should be")
    expect(page.get_by_label("What should it be?")).to_be_focused()
    assert [text for text in complaints if "400" in text]
    complaints.clear()


def test_a_draft_is_for_everybody(page, presets):
    """No axe violation, in light and dark, and a phone need not scroll sideways."""
    page.goto("/create")
    page.get_by_label("What should it be?").fill(
        "a disco song about my cat Tinka, with a sackbut and no drums"
    )
    page.get_by_role("button", name="Write the words").click()
    expect(page.locator("#draft-title")).to_be_focused()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(400)  # colours fade
    assert violations(page, "color-contrast") == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
