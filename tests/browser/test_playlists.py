"""A playlist in a real browser: played, reordered by keyboard and by dragging, and emptied."""

import re

import pytest
from playwright.sync_api import expect

from library.playlists.services import SongRef, playlist_create
from tests.browser.test_for_everybody import settle, violations


@pytest.fixture
def playlist(make_song, owner):
    songs = [make_song(name, takes=2) for name in ("One", "Two", "Three")]
    return playlist_create(user=owner, name="Evening", items=[SongRef(song.id, 2) for song in songs])


def names(playlist):
    return list(playlist.items.order_by("position").values_list("take__job__display_name", flat=True))


def kept(page):
    """Expect the response to the next change."""
    return page.expect_response(re.compile(r"/playlists/\d+/items"))


def test_it_plays_and_is_put_in_order(page, playlist):
    page.goto(f"/playlists/{playlist.pk}")
    songs = page.locator(".playlist-song-words a")
    page.get_by_role("button", name="Play all").click()
    expect(page.locator("#player [data-part=title]")).to_have_text("One")
    expect(page.locator("#player .take[aria-pressed=true]")).to_have_text("2")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#player [data-part=title]")).to_have_text("Two")
    expect(page.locator("#player .take[aria-pressed=true]")).to_have_text("2")

    down = page.get_by_role("button", name="Move One (take 2) down")
    down.focus()
    with kept(page):
        page.keyboard.press("Enter")
    expect(songs).to_have_text(["Two (take 2)", "One (take 2)", "Three (take 2)"])
    expect(down).to_be_focused()
    assert names(playlist) == ["Two", "One", "Three"]

    handle = page.locator("[data-drag]").nth(2)
    first = page.locator(".playlist-item").first.bounding_box()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(first["x"] + 10, first["y"] + 4, steps=6)
    with kept(page):
        page.mouse.up()
    expect(songs).to_have_text(["Three (take 2)", "Two (take 2)", "One (take 2)"])
    assert names(playlist) == ["Three", "Two", "One"]

    with kept(page):
        page.get_by_role("button", name="Remove Two (take 2)").click()
    assert names(playlist) == ["Three", "One"]
    with kept(page):
        page.get_by_role("button", name="Undo").click()
    assert names(playlist) == ["Three", "Two", "One"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(open_page, owner, playlist, scheme):
    page = open_page(owner, color_scheme=scheme, viewport={"width": 390, "height": 844}, has_touch=True)
    song = playlist.items.first().take.job_id
    paths = (
        "/playlists", f"/playlists/{playlist.pk}", f"/playlists/{playlist.pk}/delete",
        f"/playlists/add?job={song}",
    )  # fmt: skip
    for path in paths:
        page.goto(path)
        settle(page)
        assert violations(page) == [], path
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, (path, width)
