"""The library with many songs: selection, counts, going back, compact rows and keyboard."""

from playwright.sync_api import expect

from audiomusic.devtools.browser import wait_until
from jobs.models import Job
from library.models import PendingDeletion, Reaction
from library.playlists.models import PlaylistItem
from library.query.browse import PAGE_SIZE
from tests.jobs.api.conftest import job_row  # noqa: F401

MOST_TABS = 12  # presses of Tab up to the first Play button
NEAR_PX = 20
WHOLE_ROWS = """[...document.querySelectorAll('.row')]
    .filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"""


def box(page, name):
    return page.get_by_role("checkbox", name=f"Select {name}", exact=True)


def test_many_songs_are_liked_listed_and_deleted_together(page, owner, make_song):
    songs = {name: make_song(name, genres=["Jazz"]) for name in ("One", "Two", "Three", "Four", "Five")}
    page.goto("/")
    filters, bar = page.get_by_role("navigation", name="Filters"), page.get_by_role("toolbar")
    expect(filters.get_by_role("link", name="Jazz 5")).to_be_visible()
    expect(bar).to_be_hidden()
    box(page, "Five").check()
    box(page, "Three").click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Like").click()
    expect(filters.get_by_role("link", name="Liked 3", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Like Four", exact=True)).to_have_attribute("aria-pressed", "true")
    assert Reaction.objects.count() == 3

    bar.get_by_role("button", name="Add to playlist").click()
    page.get_by_label("Name of the new playlist").fill("Evening")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_text("3 songs added to “Evening”.")).to_be_visible()
    assert PlaylistItem.objects.count() == 3
    bar.get_by_role("button", name="Tag").click()
    page.get_by_label("Add, separated by commas").fill("Rain, Night")
    page.get_by_role("dialog").get_by_role("button", name="Change tags").click()
    expect(page.get_by_text("Tags of 3 songs changed.")).to_be_visible()
    songs["Four"].refresh_from_db()
    assert songs["Four"].own_tags == ["Rain", "Night"]

    is_zip = lambda answer: answer.url.endswith("/selection/zip")  # noqa: E731
    with page.context.expect_event("response", is_zip) as answer:  # in a window that closes itself
        bar.get_by_role("button", name="ZIP").click()
    assert answer.value.headers["content-type"] == "application/zip"
    with page.expect_response("**/jobs/bulk/delete"):  # the rows are hidden before the server responds
        bar.get_by_role("button", name="Delete").click()
    expect(page.locator(".row:visible .row-title")).to_have_text(["Two", "One"])
    assert PendingDeletion.objects.count() == 3 and Job.objects.count() == 5
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row:visible")).to_have_count(5)
    expect(bar).to_be_hidden()
    assert not PendingDeletion.objects.exists()

    box(page, "One").check()
    with page.expect_response("**/jobs/bulk/delete"):
        bar.get_by_role("button", name="Delete").click()
    expect(page.locator(".row:visible")).to_have_count(4)
    page.goto("/playlists")  # a deletion that was not undone is carried out when the page is left
    for _ in range(100):
        if Job.objects.count() == 4:
            break
        page.wait_for_timeout(50)
    assert set(Job.objects.values_list("display_name", flat=True)) == {"Two", "Three", "Four", "Five"}


def test_the_keyboard_finds_the_songs_soon_and_selects_them(page, make_song):
    for name in ("One", "Two", "Three"):
        make_song(name, genres=["Jazz", "Rock"])
    page.goto("/")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel") == "Play Three":
            break
    expect(page.get_by_role("button", name="Play Three")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.closest('#filters') !== null")
    for key in ("j", "x", "j", "j", "Shift+X", "Shift+J"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="Two")).to_be_focused()
    expect(page.get_by_role("toolbar")).to_contain_text("3 selected")
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="Like", exact=True)).to_be_focused()
    page.get_by_role("button", name="Select none").press("Enter")
    expect(page.get_by_role("toolbar")).to_be_hidden()


def test_back_leads_to_the_same_rows_at_the_same_place(page, owner, job_row):  # noqa: F811
    for number in range(3 * PAGE_SIZE + 5):
        job_row(owner, status="FAILED", display_name=f"Song {number}")
    page.goto("/")
    rows = page.locator(".row")
    for pages in (2, 3):
        rows.last.scroll_into_view_if_needed()
        expect(rows).to_have_count(pages * PAGE_SIZE)
    link = page.locator(".row-title a").nth(2 * PAGE_SIZE + 14)
    link.scroll_into_view_if_needed()
    before, name = page.evaluate("scrollY"), link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    for way in (page.go_back, page.reload):
        way()
        wait_until(page, f"Math.abs(scrollY - {before}) <= {NEAR_PX}")
        assert rows.count() >= 3 * PAGE_SIZE


def test_the_compact_view_stays_chosen(open_page, owner, job_row):  # noqa: F811
    for _ in range(60):
        job_row(owner, status="FAILED", display_name="A long name " * 12, error_message="It broke. " * 30)
    page = open_page(owner, viewport={"width": 1400, "height": 1080})
    page.goto("/")
    page.get_by_role("radio", name="Compact").check(force=True)
    expect(page.locator(".rows.is-compact")).to_be_visible()
    page.reload()
    assert page.evaluate(WHOLE_ROWS) >= 30
    phone = open_page(owner, viewport={"width": 390, "height": 844}, has_touch=True)
    phone.goto("/")
    assert phone.evaluate(WHOLE_ROWS) >= 6
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_the_menu_has_what_the_row_has_no_room_for(open_page, owner, make_song):
    song = make_song("Tide", takes=2)
    phone = open_page(owner, viewport={"width": 390, "height": 844}, has_touch=True)
    phone.goto("/")
    more = phone.get_by_label("More for Tide")
    more.click()
    phone.get_by_role("button", name="Dislike", exact=True).click()
    expect(more.locator("..")).not_to_have_attribute("open", "")
    expect(phone.locator("[data-do=dislike][aria-pressed=true]")).to_have_count(2)
    assert Reaction.objects.get(job=song).value == "dislike"

    more.click()
    phone.get_by_text("Download", exact=True).click()
    expect(phone.get_by_role("link", name="FLAC lossless").first).to_have_attribute("download", "")
    phone.keyboard.press("Escape")

    more.click()
    phone.get_by_role("button", name="Rename", exact=True).click()
    phone.get_by_label("New name").fill("Ebb")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("link", name="Ebb")).to_be_visible()
    wait_until(phone, "document.activeElement.getAttribute('aria-label')?.startsWith('More for')")
    song.refresh_from_db()
    assert song.display_name == "Ebb"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
