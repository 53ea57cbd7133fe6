"""Scores without audio: their jobs are finished and have takes, but nothing has been rendered."""

import json

import pytest

from jobs.models import JobTag
from library.listening.models import Listening
from library.models import Reaction
from library.playlists.services import SongRef, playlist_create
from tests.jobs.api.conftest import job_row  # noqa: F401

pytestmark = pytest.mark.django_db

EVERY_LIST = (
    ("search3", {"query": ""}), ("search3", {"query": "Score"}), ("search2", {"query": ""}),
    ("getRandomSongs", {}), ("getStarred2", {}), ("getStarred", {}), ("getSongsByGenre", {"genre": "Jazz"}),
    ("getArtist", {"id": "ar-1"}), ("getMusicDirectory", {"id": "ar-1"}),
    ("getTopSongs", {"artist": "AudioMusic"}), ("getSimilarSongs", {"id": "ar-1"}),
)  # fmt: skip
ALBUM_LISTS = ("newest", "random", "alphabeticalByName", "starred", "frequent", "recent", "highest")


@pytest.fixture
def scores(owner, job_row):  # noqa: F811
    """A plan and its recording, then a revision and its recording; only the recordings have audio."""

    def made(task, name, source=None):
        job = job_row(owner, status="COMPLETED", task=task, display_name=name, source_job=source)
        JobTag.objects.create(job=job, user=owner, created_at=job.created_at, kind="genre", value="Jazz")
        Reaction.objects.create(job=job, user=owner, job_created_at=job.created_at, value="like")
        return job

    plan = made("plan", "Score one")
    song = made("record", "Song one", plan)
    revision = made("revise", "Score two", song)
    return plan, song, revision, made("record", "Song two", revision)


def test_no_list_has_them(player, scores):
    asked = [*EVERY_LIST, *(("getAlbumList2", {"type": kind}) for kind in ALBUM_LISTS)]
    asked += [("getAlbumList2", {"type": "byGenre", "genre": "Jazz"})]
    for name, params in asked:
        text = json.dumps(player.ok(name, **params))
        assert "Score" not in text, (name, params)
    assert player.ok("getScanStatus")["scanStatus"]["count"] == 2
    assert player.ok("getGenres")["genres"]["genre"] == [{"value": "Jazz", "songCount": 2, "albumCount": 2}]


def test_what_is_recorded_of_one_begins_an_album(player, scores):
    _, song, _, second = scores
    albums = player.ok("getAlbumList2", type="newest")["albumList2"]["album"]
    assert [album["id"] for album in albums] == [f"al-{second.id}", f"al-{song.id}"]
    [found] = player.ok("getAlbum", id=f"al-{second.id}")["album"]["song"]
    assert (found["title"], found["albumId"]) == ("Song two", f"al-{second.id}")


def test_what_is_recorded_of_a_songs_score_is_in_its_album(player, owner, job_row, scores):  # noqa: F811
    song = scores[1]
    job_row(owner, status="COMPLETED", task="record", display_name="Again", source_job=song)
    albums = player.ok("getAlbumList2", type="newest")["albumList2"]["album"]
    assert len(albums) == 2
    found = player.ok("getAlbum", id=f"al-{song.id}")["album"]["song"]
    assert [each["title"] for each in found] == ["Song one", "Again"]


def test_no_call_knows_them(player, owner, scores):
    playlist = playlist_create(user=owner, name="Evening")
    for score in (scores[0], scores[2]):
        sid = f"tr-{score.id}-1"
        for name in ("getSong", "stream", "download", "star", "scrobble", "getLyricsBySongId"):
            assert player.error(name, id=sid) == 70, name
        assert player.error("setRating", id=sid, rating=3) == 70
        assert player.error("getAlbum", id=f"al-{score.id}") == 70
        assert player.error("star", albumId=f"al-{score.id}") == 70
        assert player.error("updatePlaylist", playlistId=f"pl-{playlist.pk}", songIdToAdd=sid) == 70
        assert player.error("createPlaylist", name="Two", songId=sid) == 70
        player.ok("savePlayQueue", id=sid, current=sid)
        assert player.ok("getPlayQueue")["playQueue"]["entry"] == []
    assert playlist.items.count() == 0 and not Listening.objects.exists()
    with pytest.raises(Exception, match="Expected finished songs"):
        playlist_create(user=owner, name="Three", items=[SongRef(scores[0].id)])
