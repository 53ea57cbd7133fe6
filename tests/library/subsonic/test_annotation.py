"""Stars, ratings, plays, queues and playlists, as players write them."""

import pytest

from audiomusic.accounts.services import key_create
from library.listening.models import Listening
from library.models import Reaction
from tests.jobs.api.conftest import job_row  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(owner, job_row):  # noqa: F811
    return job_row(owner, status="COMPLETED", display_name="Harbour", takes=2)


def test_a_star_is_a_like(player, song):
    sid = f"tr-{song.id}-1"
    for how in ({"id": sid}, {"albumId": f"al-{song.id}"}, {"id": [sid, f"tr-{song.id}-2"]}):
        player.ok("star", **how)
        assert Reaction.objects.get().value == "like"
        starred = player.ok("getStarred2")["starred2"]
        assert [each["id"] for each in starred["song"]] == [sid, f"tr-{song.id}-2"]
        assert starred["album"][0]["starred"] and "starred" in player.ok("getSong", id=sid)["song"]
        assert player.ok("getStarred")["starred"]["album"][0]["isDir"] is True
        player.ok("unstar", **how)
        assert not Reaction.objects.exists()
    player.ok("star", artistId="ar-1")
    assert player.error("star") == 10
    assert player.error("star", id=[sid, "tr-987654321-1"]) == 70 and not Reaction.objects.exists()


def test_a_dislike_stays(player, owner, song):
    Reaction.objects.create(user=owner, job=song, value="dislike", job_created_at=song.created_at)
    player.ok("unstar", id=f"tr-{song.id}-1")
    assert Reaction.objects.get().value == "dislike"


def test_stars_are_of_a_take(player, song):
    sid = f"tr-{song.id}-2"
    player.ok("setRating", id=sid, rating=4)
    assert player.ok("getSong", id=sid)["song"]["userRating"] == 4
    player.ok("setRating", id=sid, rating=0)
    assert "userRating" not in player.ok("getSong", id=sid)["song"]
    for rating in (6, -1, "x"):
        assert player.error("setRating", id=sid, rating=rating) == 0
    assert player.error("setRating", id=sid) == 10


def test_plays_are_counted_when_they_are_told(player, song):
    sid = f"tr-{song.id}-1"
    player.ok("scrobble", id=sid, submission="false")
    [playing] = player.ok("getNowPlaying")["nowPlaying"]["entry"]
    assert (playing["id"], playing["username"], playing["minutesAgo"]) == (sid, "olive", 0)
    assert not Listening.objects.exists()
    player.ok("scrobble", id=[sid, sid], time=["1700000000000", "9" * 30])
    told = player.ok("getSong", id=sid)["song"]
    assert told["playCount"] == 2 and told["played"].startswith("20")
    player.call("stream", id=sid)
    assert Listening.objects.get().play_count == 2


def test_a_queue_goes_on_elsewhere(player, song):
    assert "playQueue" not in player.ok("getPlayQueue")
    ids = [f"tr-{song.id}-2", f"tr-{song.id}-1"]
    player.ok("savePlayQueue", id=ids, current=ids[1], position=4200)
    queue = player.ok("getPlayQueue")["playQueue"]
    assert [each["id"] for each in queue["entry"]] == ids
    assert (queue["current"], queue["position"], queue["changedBy"]) == (ids[1], 4200, "test")
    player.ok("savePlayQueue")
    assert player.ok("getPlayQueue")["playQueue"]["entry"] == []


def test_playlists_are_those_of_the_pages(player, owner, song):
    one, two = f"tr-{song.id}-1", f"tr-{song.id}-2"
    made = player.ok("createPlaylist", name="Evening", songId=[two, one, two])["playlist"]
    assert [each["id"] for each in made["entry"]] == [two, one, two]
    pid = made["id"]
    player.ok(
        "updatePlaylist",
        playlistId=pid,
        songIndexToRemove=[0, 2],
        songIdToAdd=[two],
        comment="x",
        name="Late",
    )
    told = player.ok("getPlaylist", id=pid)["playlist"]
    assert ([each["id"] for each in told["entry"]], told["name"], told["comment"]) == (
        [one, two],
        "Late",
        "x",
    )
    assert (told["songCount"], told["duration"], told["public"], told["owner"]) == (2, 60, False, "olive")
    player.ok("createPlaylist", playlistId=pid, songId=two)
    assert [each["songCount"] for each in player.ok("getPlaylists")["playlists"]["playlist"]] == [1]
    assert player.error("createPlaylist") == 10
    assert player.error("updatePlaylist", playlistId=pid, name=" ") == 0
    assert owner.playlists.get().name == "Late"
    player.ok("deletePlaylist", id=pid)
    assert not owner.playlists.exists()


def test_a_key_that_may_only_read_changes_nothing(client, owner, song):
    _, reader = key_create(user=owner, name="reader", scopes=["music:read"])

    def call(name, key):
        asked = {"apiKey": key, "f": "json", "id": f"tr-{song.id}-1"}
        return client.get(f"/rest/{name}", asked).json()["subsonic-response"]

    assert call("getSong", reader)["status"] == "ok"
    assert call("star", reader)["error"]["code"] == 50 and not Reaction.objects.exists()
    _, every = key_create(user=owner, name="every")
    assert call("star", every)["status"] == "ok"
