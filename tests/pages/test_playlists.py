"""Playlist pages: what a browser gets, with and without the site's script."""

import pytest

from library.playlists.models import Playlist
from library.playlists.services import SongRef, playlist_create
from tests.jobs.api.conftest import job_row  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def songs(owner, job_row):  # noqa: F811
    return [job_row(owner, status="COMPLETED", display_name=name) for name in ("One", "Two", "Three")]


@pytest.fixture
def playlist(owner, songs):
    return playlist_create(user=owner, name="Evening", items=[SongRef(song.id) for song in songs])


@pytest.fixture
def browser(client, owner):
    client.force_login(owner)
    return client


def names(playlist):
    return list(playlist.items.order_by("position").values_list("take__job__display_name", flat=True))


def test_a_score_that_nobody_has_played_goes_into_none(browser, owner, playlist, job_row):  # noqa: F811
    plan = job_row(owner, status="COMPLETED", task="plan")
    assert browser.get(f"/playlists/add?job={plan.id}").status_code == 404
    assert browser.post(f"/playlists/{playlist.pk}/add", {"job": plan.id}).status_code == 404
    assert len(names(playlist)) == 3


def test_under_a_prefix_the_page_one_is_on_is_marked(browser):
    for path in ("/", "/create", "/playlists", "/queue"):
        page = browser.get(path, SCRIPT_NAME="/tools/music").content.decode()
        assert f'href="{path}" aria-current="page"' in page


def test_the_list_and_a_new_one(browser, playlist, refused_by_policy):
    page = browser.get("/playlists")
    assert "Evening" in page.content.decode() and "3 songs, 1:30" in page.content.decode()
    assert refused_by_policy(page) == []
    made = browser.post("/playlists", {"name": "Night"})
    assert made["Location"] == f"/playlists/{Playlist.objects.get(name='Night').pk}"
    empty = browser.post("/playlists", {"name": " "})
    assert empty.status_code == 400 and "This field is required." in empty.content.decode()


def test_its_page(browser, playlist, refused_by_policy):
    page = browser.get(f"/playlists/{playlist.pk}")
    text = page.content.decode()
    assert refused_by_policy(page) == []
    assert text.index("Move One up") < text.index("Move Two up") < text.index("Move Three up")
    for part in ("Play all", f"/playlists/{playlist.pk}.zip", f"/playlists/{playlist.pk}.m3u8"):
        assert part in text


def test_without_a_script_songs_move_and_go(browser, playlist):
    path = f"/playlists/{playlist.pk}/places"
    browser.post(path, {"place": "0", "action": "down"})
    assert names(playlist) == ["Two", "One", "Three"]
    browser.post(path, {"place": "2", "action": "up"})
    assert names(playlist) == ["Two", "Three", "One"]
    browser.post(path, {"place": "1", "action": "remove"})
    assert names(playlist) == ["Two", "One"]
    for place in ("7", "x", ""):
        assert browser.post(path, {"place": place, "action": "remove"}).status_code == 302
    assert names(playlist) == ["Two", "One"]


def test_it_is_renamed_and_deleted_after_a_question(browser, playlist):
    browser.post(f"/playlists/{playlist.pk}/change", {"name": "Late", "comment": "slow"})
    playlist.refresh_from_db()
    assert (playlist.name, playlist.comment) == ("Late", "slow")
    assert browser.post(f"/playlists/{playlist.pk}/change", {"name": ""}).status_code == 400
    question = browser.get(f"/playlists/{playlist.pk}/delete").content.decode()
    assert "Delete “<bdi>Late</bdi>”?" in question and Playlist.objects.exists()
    assert browser.post(f"/playlists/{playlist.pk}/delete")["Location"] == "/playlists"
    assert "The playlist “Late” is deleted" in browser.get("/playlists").content.decode()


def test_a_song_is_added_from_its_page_and_its_row(browser, playlist, songs):
    address = f"/playlists/add?job={songs[0].id}"
    for page in ("/", f"/tracks/{songs[0].id}"):
        assert address in browser.get(page).content.decode()
    assert "Add to Evening" in browser.get(address).content.decode()
    answer = browser.post(f"/playlists/{playlist.pk}/add", {"job": songs[0].id, "take": 1})
    assert answer["Location"] == f"/playlists/{playlist.pk}"
    assert names(playlist) == ["One", "Two", "Three", "One"]
    browser.post("/playlists", {"name": "Night", "job": songs[1].id, "take": 1})
    assert names(Playlist.objects.get(name="Night")) == ["Two"]


def test_what_is_not_there(browser, playlist, other, job_row):  # noqa: F811
    anothers = job_row(other, status="COMPLETED")
    for address in (f"/playlists/add?job={anothers.id}", "/playlists/add?job=", "/playlists/add?job=x"):
        assert browser.get(address).status_code == 404
    assert browser.post(f"/playlists/{playlist.pk}/add", {"job": anothers.id}).status_code == 404
    assert browser.post("/playlists", {"name": "x", "job": anothers.id}).status_code == 404
    assert not Playlist.objects.filter(name="x").exists()
