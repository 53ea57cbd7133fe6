"""The library: search, filter, sort, like, rename, delete and restore."""

import re

from playwright.sync_api import expect

from jobs.models import Job
from library.models import Reaction
from library.query.browse import PAGE_SIZE
from tests.jobs.api.conftest import job_row  # noqa: F401


def names(page):
    return page.locator(".row:not([hidden]) .row-title").all_inner_texts()


def test_it_searches_while_somebody_types(page, make_song):
    make_song("Harbour Lights")
    make_song("Iron Weather")
    page.goto("/")
    page.get_by_role("searchbox", name="Search the library").press_sequentially("harb")
    expect(page.locator(".row-title")).to_have_text(["Harbour Lights"])
    assert page.url.endswith("/?search=harb")
    page.reload()
    expect(page.locator(".row-title")).to_have_text(["Harbour Lights"])
    expect(page.get_by_role("searchbox")).to_have_value("harb")


def test_it_narrows_by_what_the_songs_hold_and_says_how_many(page, make_song):
    make_song("Blue", genres=["Jazz"])
    make_song("Green", genres=["Jazz"], like="like")
    make_song("Red", genres=["Rock"])
    page.goto("/")
    filters = page.get_by_role("navigation", name="Filters")
    filters.get_by_role("link", name="Jazz 2").click()
    expect(page.locator(".row-title")).to_have_text(["Green", "Blue"])
    expect(filters.get_by_role("link", name="Rock 1")).to_be_visible()
    filters.get_by_role("link", name="Liked 1", exact=True).click()
    expect(page.locator(".row-title")).to_have_text(["Green"])
    assert page.url.endswith("/?liked=true&genre=Jazz")
    page.go_back()
    expect(page.locator(".row-title")).to_have_text(["Green", "Blue"])
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".row")).to_have_count(3)


def test_it_sorts(page, make_song):
    for name in ("Bravo", "Alpha", "Charlie"):
        make_song(name)
    page.goto("/")
    page.get_by_label("Order").select_option("name")
    expect(page.locator(".row-title")).to_have_text(["Alpha", "Bravo", "Charlie"])
    assert page.url.endswith("/?order=name")


def test_it_goes_on_where_the_list_ends(page, owner, job_row):  # noqa: F811
    for number in range(PAGE_SIZE + 3):
        job_row(owner, status="FAILED", display_name=f"Song {number}")
    page.goto("/")
    page.locator(".row").last.scroll_into_view_if_needed()
    expect(page.locator(".row")).to_have_count(PAGE_SIZE + 3)
    assert len(set(names(page))) == PAGE_SIZE + 3


def test_it_likes_and_takes_it_back(page, make_song):
    song = make_song("Tide")
    page.goto("/")
    like = page.get_by_role("button", name="Like Tide", exact=True)
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    assert Reaction.objects.get(job=song).value == "like"
    page.get_by_role("button", name="Dislike Tide").click()
    expect(like).to_have_attribute("aria-pressed", "false")
    assert Reaction.objects.get(job=song).value == "dislike"
    page.get_by_role("button", name="Dislike Tide").click()
    expect(page.get_by_role("button", name="Dislike Tide")).to_have_attribute("aria-pressed", "false")
    assert not Reaction.objects.exists()


def test_it_renames_in_place(page, make_song):
    song = make_song("Tide")
    page.goto("/")
    page.locator(".row").hover()
    page.get_by_role("button", name="Rename Tide").click()
    page.get_by_label("New name").fill("Ebb")
    page.get_by_label("New name").press("Enter")
    expect(page.locator(".row-title")).to_have_text("Ebb")
    song.refresh_from_db()
    assert song.display_name == "Ebb"


def test_a_deleted_song_can_be_brought_back(page, make_song):
    song = make_song("Tide")
    page.goto("/")
    page.get_by_label("More for Tide").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".row")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_be_visible()
    page.reload()
    assert Job.objects.filter(id=song.id).exists()


def test_a_deleted_song_is_gone_when_the_page_is_left(page, make_song):
    song = make_song("Tide")
    page.goto("/")
    page.get_by_label("More for Tide").click()
    page.get_by_role("button", name="Delete").click()
    page.goto("/api/docs")
    for _ in range(100):
        if not Job.objects.filter(id=song.id).exists():
            break
        page.wait_for_timeout(50)
    assert not Job.objects.exists()


def test_downloads_come_when_they_are_asked_for(page, make_song):
    make_song("Tide")
    page.goto("/")
    page.get_by_label("Download Tide").click()
    link = page.get_by_role("link", name="MP3 small")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "Tide.mp3"


def test_a_song_that_ends_elsewhere_shows_up(page, owner, job_row, make_song):  # noqa: F811
    job = job_row(owner, status="PROCESSING", stage="rendering", progress=40, display_name="Tide")
    page.goto("/")
    expect(page.get_by_text("Playing the instruments")).to_be_visible()
    expect(page.locator("#queue-badge")).to_have_text("1")
    Job.objects.filter(id=job.id).update(status="FAILED", error_message="The studio burned down.")
    expect(page.get_by_text("The studio burned down.")).to_be_visible()
    expect(page.locator("#queue-badge")).to_be_hidden()


def test_a_page_that_is_swapped_in_brings_its_own_script_once(page, make_song):
    make_song("Tide")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    expect(page.get_by_role("link", name="Create", exact=True)).to_be_visible()
    assert not [url for url in asked if "/library/create." in url]
    page.evaluate("window.isSame = true")
    for _ in range(2):
        page.get_by_role("link", name="Create", exact=True).click()
        page.get_by_role("button", name="Try an example").first.click()
        expect(page.locator("[name=prompt]")).not_to_have_value("")
        page.get_by_role("link", name="Library", exact=True).click()
        expect(page.locator(".row-title")).to_have_text(["Tide"])
    page.go_back()  # fetched again by htmx, which keeps no page
    page.get_by_role("button", name="Try an example").first.click()
    expect(page.locator("[name=prompt]")).not_to_have_value("")
    assert page.evaluate("window.isSame")
    assert len([url for url in asked if "/library/create." in url]) == 1


def test_a_page_of_a_newer_version_is_loaded_whole(page, make_song):
    """Otherwise its script would start the newer version's player beside the existing one."""
    make_song("Tide")
    page.goto("/")
    page.evaluate("window.isSame = true")

    def newer(route):
        answer = route.fetch()
        newer = re.sub(r"(library/app[.0-9a-f]*\.js)", r"\1?newer", answer.text())
        route.fulfill(response=answer, body=newer)

    page.route("**/playlists", newer)
    page.get_by_role("link", name="Playlists").click()
    expect(page.get_by_role("heading", name="Playlists")).to_be_visible()
    assert page.url.endswith("/playlists") and not page.evaluate("window.isSame ?? false")
    page.unroute("**/playlists")
