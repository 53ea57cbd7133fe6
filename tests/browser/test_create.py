"""The form for a new song in the browser."""

import re

from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.conftest import session_cookie
from tests.browser.test_for_everybody import violations


def custom(page, address="/create"):
    page.goto(address)
    page.get_by_role("radio", name="Custom").check()


def test_one_sentence_is_enough(page, presets):
    page.goto("/create")
    page.get_by_label("What do you want to hear?").fill("a happy song about the sea")
    expect(page.locator("#estimate")).to_contain_text("credits")
    page.get_by_role("button", name="Create song").click()
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
    page.get_by_role("button", name="Create song").click()
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
    page.get_by_role("button", name="Create song").click()
    expect(page.locator("[data-field=bpm] .field-errors")).to_contain_text("300")
    expect(page.get_by_label("Tempo (bpm)")).to_be_focused()
    assert not Job.objects.exists()
    assert [text for text in complaints if "400" in text]  # the browser's own message about the response
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
    page.get_by_label("What do you want to hear?").fill("a disco song about my cat Tinka")
    page.get_by_role("button", name="Write lyrics").press("Enter")
    draft = page.locator("#draft")
    expect(draft.get_by_role("heading", level=2)).to_be_focused()
    for name in ("Key", "Tempo", "Metre", "Length", "Lyrics by"):
        expect(draft).to_contain_text(name)
    expect(draft).to_contain_text("Understood")
    expect(page.get_by_role("radio", name="Custom")).to_be_checked()
    expect(page.get_by_label("Style")).to_have_value(re.compile("a disco song about my cat Tinka"))
    lyrics = page.get_by_role("textbox", name="Lyrics")
    first = lyrics.input_value()
    assert "[" in first and page.get_by_label("Tempo (bpm)").input_value()
    page.get_by_role("button", name="Rewrite lyrics").click()
    expect(lyrics).not_to_have_value(first)
    words = "[Verse]\nTinka, Tinka, come back home"
    lyrics.fill(words)
    page.get_by_label("Title").fill("Tinka")
    page.get_by_role("button", name="Create song").click()
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
    page.get_by_role("button", name="Write lyrics").click()
    expect(page.locator("#draft")).to_contain_text("96 bpm")
    expect(page.get_by_role("textbox", name="Lyrics")).to_have_value("[Verse]\nThe river runs")
    expect(page.get_by_label("Tempo (bpm)")).to_have_value("96")
    expect(page.get_by_role("radio", name="Jazz")).to_be_checked()
    expect(page.locator("#draft")).not_to_contain_text("Lyrics by")


def test_a_draft_that_is_refused_says_why(page, presets, complaints):
    page.goto("/create")
    page.get_by_role("button", name="Write lyrics").click()
    expect(page.locator("[data-field=prompt] .field-errors")).to_contain_text("what the song should be")
    expect(page.get_by_label("What do you want to hear?")).to_be_focused()
    assert [text for text in complaints if "400" in text]
    complaints.clear()


def test_a_draft_is_for_everybody(page, presets):
    """Check with axe in light and dark, and that a phone does not scroll sideways."""
    page.goto("/create")
    page.get_by_label("What do you want to hear?").fill(
        "a disco song about my cat Tinka, with a sackbut and no drums"
    )
    page.get_by_role("button", name="Write lyrics").click()
    expect(page.locator("#draft-title")).to_be_focused()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(400)  # wait for colour transitions
    assert violations(page, "color-contrast") == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def kept(page):
    """Return the keys of the drafts that the browser stores."""
    page.wait_for_timeout(400)  # drafts are saved shortly after the last key
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('audiomusic.draft.'))")


def test_a_draft_lives_until_it_is_sent(page, presets, owner, other, live_server, complaints):
    """A draft survives leaving, reloading, another tab, an ended session and another user, who does not see
    it."""
    lyrics = page.get_by_role("textbox", name="Lyrics")
    custom(page)
    page.get_by_label("Style").fill("calm piano")
    lyrics.fill("[Verse]\nThe river runs")
    page.get_by_role("radio", name="Jazz").check()
    expect(page.locator("#preset-effect")).to_have_text("Sets the style of Jazz, tempo 132, metre 4/4.")
    page.get_by_label("Tempo (bpm)").fill("96")
    expect(page.locator("#preset-effect")).to_contain_text("keeps your tempo")
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("heading", name="Library").wait_for()
    page.get_by_role("link", name="Create", exact=True).click()
    expect(lyrics).to_have_value("[Verse]\nThe river runs")
    page.reload()
    expect(page.get_by_label("Style")).to_have_value("calm piano")
    expect(page.get_by_role("radio", name="Jazz")).to_be_checked()

    tab = page.context.new_page()
    tab.goto("/create")
    expect(tab.get_by_label("Tempo (bpm)")).to_have_value("96")
    tab.get_by_label("Title").fill("River")
    expect(page.get_by_label("Title")).to_have_value("River")
    tab.close()

    page.get_by_role("button", name="Clear").click()
    expect(lyrics).to_have_value("")
    page.reload()
    page.get_by_role("button", name="Restore cleared form").click()
    expect(page.get_by_label("Title")).to_have_value("River")
    kept(page)
    page.wait_for_load_state("networkidle")  # without a session, the lyrics check would fail

    page.context.clear_cookies()
    page.get_by_label("Style").press("Control+Enter")
    page.wait_for_url("**/sign-in?next=*")
    page.context.add_cookies([session_cookie(other, live_server.url)])
    page.goto("/create")
    expect(page.get_by_role("textbox").first).to_have_value("")
    page.context.add_cookies([session_cookie(owner, live_server.url)])
    page.goto("/create")
    expect(page.locator("#create-note")).to_contain_text("signed out before the form was sent")
    expect(page.get_by_role("button", name="Create song")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    params = Job.objects.get().params
    assert (params["lyrics"], params["display_name"], params["bpm"]) == (
        "[Verse]\nThe river runs",
        "River",
        96,
    )
    assert kept(page) == []
    complaints[:] = [text for text in complaints if "401" not in text]

    page.get_by_role("link", name="Create", exact=True).click()
    page.get_by_label("Style").fill("a secret")
    assert len(kept(page)) == 1
    page.locator(".site-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")
    assert kept(page) == []


def test_a_lost_connection_and_an_old_token_lose_nothing(page, presets, owner, live_server, complaints):
    page.goto("/create")
    wish = page.get_by_label("What do you want to hear?")
    wish.fill("a song about the sea")
    page.route("**/music/simple", lambda route: route.fetch() and route.abort())  # sent, but not answered
    wish.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Your text is saved")
    page.unroute("**/music/simple")
    page.evaluate("document.cookie = 'csrftoken=; Max-Age=0; path=/'")
    page.context.add_cookies([session_cookie(owner, live_server.url)])
    wish.press("Meta+Enter")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert Job.objects.count() == 1  # the same request was sent twice
    assert [text for text in complaints if "403" in text]  # once, with the old token
    complaints[:] = [text for text in complaints if "ERR_FAILED" not in text and "403" not in text]


def test_lyrics_stand_in_sections(page, presets):
    custom(page)
    lyrics = page.get_by_role("textbox", name="Lyrics")
    chorus = "[Chorus]\nCome home tonight\nInto the light"
    lyrics.fill(f"[Verse]\nThe tide is coming in\nThe boats are going out\n\n{chorus}")
    marks = page.locator("#lyrics-plain .lyric-mark")
    expect(marks.nth(1)).to_have_text("6")
    page.get_by_role("radio", name="Sections").check()
    blocks = page.locator(".lyric-block")
    expect(blocks).to_have_count(2)
    expect(blocks.nth(1).locator(".lyric-pattern")).to_have_text("AA")
    assert violations(page) == []
    page.get_by_role("button", name="Move down: Verse, section 1").press("Enter")
    expect(page.get_by_role("button", name="Move up: Verse, section 2")).to_be_focused()
    page.get_by_role("button", name="Duplicate: Chorus").click()
    page.keyboard.press("End")
    page.get_by_label("Lyrics of section 2, Chorus").fill("Come home\n[Bridge]\nOver the sea")
    expect(blocks).to_have_count(4)
    page.get_by_label("Type of section 3").select_option("Outro")
    page.get_by_role("button", name="Remove: Chorus, section 1").click()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("radio", name="Text").check()
    expect(lyrics).to_have_value(
        "[Chorus]\nCome home tonight\nInto the light\n\n[Chorus]\nCome home\n\n[Outro]\nOver the sea\n\n"
        "[Verse]\nThe tide is coming in\nThe boats are going out"
    )


def test_one_part_is_drafted_again_and_what_was_changed_stays(page, presets):
    page.goto("/create")
    page.get_by_label("What do you want to hear?").fill("a disco song about my cat Tinka")
    page.get_by_role("button", name="Write lyrics").click()
    lyrics = page.get_by_role("textbox", name="Lyrics")
    expect(page.locator("#draft-title")).to_be_focused()
    expect(page.locator("#draft")).to_contain_text("Band")
    expect(page.locator("#draft-sections li").first).to_contain_text("0:00")
    first = lyrics.input_value()
    head, _, rest = first.partition("\n\n")
    lyrics.fill(f"[Verse 1]\nTinka, these are my own words\n\n{rest}")
    page.locator("#draft").get_by_label("Tempo (bpm)").fill("111")
    expect(page.locator("#draft-plan")).to_contain_text("111 bpm")
    key = page.get_by_label("Key", exact=True).input_value()
    page.get_by_role("button", name="Rewrite lyrics").click()
    expect(page.get_by_text("New lyrics are in the form.")).to_be_visible()
    assert lyrics.input_value().startswith("[Verse 1]\nTinka, these are my own words\n\n[")
    assert rest not in lyrics.input_value()
    assert page.get_by_label("Key", exact=True).input_value() == key
    words = lyrics.input_value()
    page.get_by_role("button", name="New plan").click()
    expect(page.get_by_text("A new plan is in the form.")).to_be_visible()
    expect(lyrics).to_have_value(words)
    expect(page.get_by_label("Tempo (bpm)")).to_have_value("111")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_label("Key", exact=True)).to_have_value(key)


def test_an_example_comes_and_goes_and_only_settings_that_are_read_are_shown(page, presets):
    page.goto("/create")
    wish = page.get_by_label("What do you want to hear?")
    wish.fill("a song about the sea")
    page.locator("summary", has_text="Examples by genre").click()
    page.get_by_role("button", name="Bossa Nova").click()
    expect(page.get_by_label("Title")).to_have_value("Varanda")
    expect(page.get_by_label("Language", exact=True)).to_have_value("pt")
    page.get_by_label("Title").fill("Terrace")
    page.get_by_role("button", name="Undo").click()
    expect(wish).to_have_value("a song about the sea")
    page.get_by_role("button", name="Undo").click()  # what was typed since then comes back too
    expect(page.get_by_label("Title")).to_have_value("Terrace")
    page.get_by_role("button", name="Undo").click()

    page.get_by_role("radio", name="Custom").check()
    settings = page.locator("#model-settings")
    expect(settings).to_be_hidden()
    page.get_by_label("Engine").select_option("acestep")
    settings.locator("summary").click()
    page.get_by_label("Closeness to your words").fill("4")
    page.get_by_label("Engine").select_option("studio")
    expect(settings).to_be_hidden()
    page.get_by_label("Style").press("Control+Enter")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert "guidance_scale" not in Job.objects.get().params
