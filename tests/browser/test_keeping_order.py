"""Tags, smart lists, covers and shared playlists in a browser."""

from PIL import Image
from playwright.sync_api import expect

from jobs.covers.services import cover_set
from jobs.models import Job
from library.playlists.services import SongRef, playlist_create
from library.services import playlist_share_create


def test_a_song_is_tagged_found_kept_and_shared(page, open_page, owner, make_song, tmp_path):
    tide, other = make_song("Tide", genres=["Jazz"]), make_song("Ebb")
    Image.new("RGB", (90, 90), (200, 0, 0)).save(tmp_path / "red.png")
    cover_set(job=tide, path=tmp_path / "red.png")

    page.goto(f"/tracks/{tide.id}")
    field = page.get_by_label("Add tags, separated by commas")
    field.fill("sun, moon")
    field.press("Enter")  # removes no tag
    expect(page.get_by_role("link", name="moon")).to_be_visible()
    page.get_by_role("button", name="Remove the tag sun").click()
    expect(page.get_by_role("link", name="sun")).to_have_count(0)
    assert Job.objects.get(id=tide.id).own_tags == ["moon"]

    page.goto("/?search=tide&tag=moon")
    page.get_by_text("Save this search").click()
    page.get_by_label("Name", exact=True).fill("Tides")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved as Tides")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="Tides smart list").click()
    expect(page.get_by_label("Search the library")).to_have_value("tide")
    page.get_by_role("button", name="Play Tide").click()
    expect(page.locator("#player img")).to_have_count(1)

    items = [SongRef(tide.id), SongRef(other.id)]
    link = playlist_share_create(playlist=playlist_create(user=owner, name="Evening", items=items), days=7)
    stranger = open_page()
    stranger.goto(f"/s/{link.token}")
    stranger.get_by_role("button", name="Play Tide").click()
    expect(stranger.get_by_role("button", name="Pause Tide")).to_be_visible()
    stranger.locator("audio").evaluate("(audio) => { audio.currentTime = audio.duration - 0.2; }")
    expect(stranger.get_by_role("button", name="Pause Ebb")).to_be_visible()  # the songs play in order
