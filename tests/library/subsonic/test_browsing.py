"""Albums, songs, genres and lists of them; no user sees another's."""

import pytest

from jobs.models import JobTag
from library.listening.services import play_record, stars_set
from library.models import Reaction
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support.recordings import ALL_STEMS, new_job

pytestmark = pytest.mark.django_db

OF_A_SONG = (
    "getSong", "stream", "download", "getLyricsBySongId", "star", "unstar", "setRating", "scrobble",
    "getSimilarSongs",
)  # fmt: skip
LISTS = (
    "search3", "search2", "getStarred2", "getRandomSongs", "getNowPlaying", "getGenres", "getPlaylists",
    "getArtists", "getIndexes", "getScanStatus",
)  # fmt: skip


@pytest.fixture
def songs(owner, job_row):  # noqa: F811
    """A song with its versions, three jobs in all; a song with two takes, an unfinished one, and stems."""
    root = job_row(owner, status="COMPLETED", display_name="Harbour", bpm=92.4, format="flac")
    retake = job_row(owner, status="COMPLETED", display_name="Harbour again", task="retake", source_job=root)
    job_row(owner, status="COMPLETED", display_name="Harbour third", task="edit", source_job=retake)
    job_row(
        owner, status="COMPLETED", display_name="stems", task="extract", source_job=root, effective=ALL_STEMS
    )
    two = job_row(owner, status="COMPLETED", display_name="Two", takes=2)
    job_row(owner, display_name="waiting")
    for job, value in ((root, "Jazz"), (root, "Swing"), (two, "Jazz")):
        JobTag.objects.create(job=job, user=owner, created_at=job.created_at, kind="genre", value=value)
    return root, two


def titles(body):
    return [song["title"] for song in body]


def names(body):
    return [album["name"] for album in body]


def test_a_song_is_described_as_players_need(player, heard):
    song = player.ok("getSong", id=f"tr-{heard.job_id}-1")["song"]
    assert {"id", "title", "isDir", "duration", "suffix", "contentType", "size", "bitRate"} <= song.keys()
    assert (song["title"], song["artist"], song["isDir"], song["bpm"]) == (
        "Night Train",
        "AudioMusic",
        False,
        92,
    )
    assert (song["suffix"], song["contentType"], song["bitDepth"]) == ("flac", "audio/flac", 24)
    assert (song["transcodedSuffix"], song["albumId"]) == ("mp3", f"al-{heard.job_id}")
    assert None not in song.values() and song["created"].endswith("Z")


def test_what_was_made_of_a_song_is_one_album(player, songs):
    root, two = songs
    albums = player.ok("getAlbumList2", type="newest")["albumList2"]["album"]
    assert [(album["name"], album["songCount"]) for album in albums] == [("Two", 2), ("Harbour", 3)]
    album = player.ok("getAlbum", id=f"al-{root.id}")["album"]
    assert titles(album["song"]) == ["Harbour", "Harbour again", "Harbour third"]
    assert {song["albumId"] for song in album["song"]} == {f"al-{root.id}"}
    assert titles(player.ok("getAlbum", id=f"al-{two.id}")["album"]["song"]) == [
        "Two (take 1)",
        "Two (take 2)",
    ]


def test_folders_artists_and_indexes(player, songs):
    root, _ = songs
    assert player.ok("getMusicFolders")["musicFolders"]["musicFolder"] == [{"id": 1, "name": "AudioMusic"}]
    [artist] = player.ok("getArtists")["artists"]["index"][0]["artist"]
    assert (artist["name"], artist["albumCount"]) == ("AudioMusic", 2)
    assert names(player.ok("getArtist", id=artist["id"])["artist"]["album"]) == ["Two", "Harbour"]
    indexes = player.ok("getIndexes")["indexes"]
    assert indexes["index"][0]["artist"][0]["id"] == artist["id"]
    assert "index" not in player.ok("getIndexes", ifModifiedSince=indexes["lastModified"])["indexes"]
    for folder, child in (("1", "AudioMusic"), (artist["id"], "Two"), (f"al-{root.id}", "Harbour")):
        directory = player.ok("getMusicDirectory", id=folder)["directory"]
        assert directory["child"][0]["title"] == child
        assert directory["child"][0]["isDir"] is not folder.startswith("al-")


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        ("newest", ["Two", "Harbour"]), ("alphabeticalByName", ["Harbour", "Two"]),
        ("alphabeticalByArtist", ["Harbour", "Two"]), ("frequent", ["Harbour"]), ("recent", ["Harbour"]),
        ("highest", ["Two"]), ("starred", ["Two"]), ("byGenre", ["Harbour"]), ("byYear", ["Harbour", "Two"]),
    ],
)  # fmt: skip
def test_each_list_of_albums(owner, player, songs, type, expected):
    root, two = songs
    play_record(user=owner, take=root.derived_jobs.get(task="retake").takes.get())
    stars_set(user=owner, take=two.takes.get(index=2), stars=4)
    Reaction.objects.create(user=owner, job=two, value="like", job_created_at=two.created_at)
    year = root.created_at.year
    asked = {"type": type, "genre": "Swing", "fromYear": year, "toYear": year}
    assert names(player.ok("getAlbumList2", **asked)["albumList2"]["album"]) == expected
    assert names(player.ok("getAlbumList", **asked)["albumList"]["album"]) == expected
    paged = [player.ok("getAlbumList2", **asked, size=1, offset=at)["albumList2"]["album"] for at in range(3)]
    assert [album["name"] for page in paged for album in page] == expected


def test_albums_of_years_need_both_years(player):
    assert player.error("getAlbumList2", type="byYear") == 10
    assert player.error("getAlbumList2", type="byYear", fromYear=2026) == 10


def test_genres_and_what_is_of_one(player, songs):
    genres = player.ok("getGenres")["genres"]["genre"]
    assert genres == [
        {"value": "Jazz", "songCount": 3, "albumCount": 2},
        {"value": "Swing", "songCount": 1, "albumCount": 1},
    ]  # fmt: skip
    found = player.ok("getSongsByGenre", genre="Jazz", count=2, offset=1)["songsByGenre"]["song"]
    assert titles(found) == ["Two (take 1)", "Two (take 2)"]
    assert len(player.ok("getRandomSongs", size=50)["randomSongs"]["song"]) == 5
    assert titles(player.ok("getRandomSongs", genre="Swing")["randomSongs"]["song"]) == ["Harbour"]
    assert player.ok("getRandomSongs", fromYear=3000)["randomSongs"]["song"] == []


def test_what_is_like_a_song(player, songs):
    root, two = songs
    for name in ("getSimilarSongs", "getSimilarSongs2"):
        found = player.ok(name, id=f"tr-{root.id}-1")[name.removeprefix("get")[0].lower() + name[4:]]["song"]
        assert titles(found) == ["Two (take 1)", "Two (take 2)"]
    assert player.ok("getTopSongs", artist="AudioMusic")["topSongs"]["song"] == []
    player.ok("scrobble", id=f"tr-{two.id}-2")
    assert titles(player.ok("getTopSongs", artist="audiomusic")["topSongs"]["song"]) == ["Two (take 2)"]


def test_a_query_finds_words_and_pages_without_repeats(player, songs):
    everything = player.ok("search3", query='""', songCount=500, albumCount=500)["searchResult3"]
    assert len(everything["song"]) == 5 and len(everything["album"]) == 2 and len(everything["artist"]) == 1
    pages = [
        player.ok("search3", query="", songCount=2, songOffset=at)["searchResult3"]["song"]
        for at in (0, 2, 4, 6)
    ]
    assert [song["id"] for page in pages for song in page] == [song["id"] for song in everything["song"]]
    found = player.ok("search3", query="again")["searchResult3"]
    assert titles(found["song"]) == ["Harbour again"] and found["album"] == found["artist"] == []
    old = player.ok("search2", query="harb*")["searchResult2"]
    assert titles(old["song"]) == ["Harbour", "Harbour again", "Harbour third"]
    assert old["album"][0]["isDir"] is True
    for query in ("again harbour", "harb* aga*", "AGAIN Hárbour", "agian harbour", "“harbour again”"):
        found = player.ok("search3", query=query)["searchResult3"]
        assert titles(found["song"]) == ["Harbour again"], query
    assert player.ok("search3", query='"again harbour"')["searchResult3"]["song"] == []
    assert player.ok("search3", query="music audio")["searchResult3"]["artist"]


def test_a_stranger_has_none_of_it(player, stranger, owner, songs):
    root, two = songs
    playlist = player.ok("createPlaylist", name="x", songId=f"tr-{root.id}-1")["playlist"]["id"]
    player.ok("savePlayQueue", id=f"tr-{root.id}-1")
    player.ok("scrobble", id=f"tr-{root.id}-1", submission="false")
    ids = {"id": f"tr-{root.id}-1", "rating": 3}
    for name in (*OF_A_SONG, "savePlayQueue"):
        if name == "savePlayQueue":
            stranger.ok(name, **ids)
            assert stranger.ok("getPlayQueue")["playQueue"]["entry"] == []
        else:
            assert stranger.error(name, **ids) == 70, name
    for name in ("getAlbum", "getMusicDirectory", "getAlbumInfo", "getArtistInfo", "star", "setRating"):
        assert stranger.error(name, id=f"al-{root.id}", rating=3) == 70, name
    assert stranger.error("getPlaylist", id=playlist) == stranger.error("deletePlaylist", id=playlist) == 70
    assert stranger.error("updatePlaylist", playlistId=playlist, name="mine") == 70
    assert stranger.error("createPlaylist", name="y", songId=f"tr-{root.id}-1") == 70
    assert (
        stranger.error("getUser", username="olive") == stranger.error("getPlaylists", username="olive") == 50
    )
    for name in LISTS:
        assert "Harbour" not in str(stranger.ok(name, query="", size=500)), name
    for kind in ("newest", "random", "alphabeticalByName", "byGenre", "frequent", "starred"):
        assert stranger.ok("getAlbumList2", type=kind, genre="Jazz")["albumList2"]["album"] == []
    assert not Reaction.objects.exists()


def test_1234_songs_come_once_each(owner, player):
    from jobs.models import Job, Take

    template = new_job(owner)
    template.pk = None
    jobs = Job.objects.bulk_create(
        [Job(**{**{f.attname: getattr(template, f.attname) for f in Job._meta.concrete_fields}, "id": None,
                "display_name": str(number)}) for number in range(1234)]
    )  # fmt: skip
    Take.objects.bulk_create(Take(job=job, index=1, seed=1, duration_s=1) for job in jobs)
    seen = []
    for offset in range(0, 2000, 500):
        page = player.ok("search3", query="", songCount=500, songOffset=offset, albumCount=0)
        seen += [song["id"] for song in page["searchResult3"]["song"]]
    assert len(seen) == len(set(seen)) == 1234

    Job.objects.filter(id__in=[jobs[0].id, jobs[700].id]).delete()
    page = player.ok("search3", query="", songCount=500, songOffset=500, albumCount=0)
    assert [song["id"] for song in page["searchResult3"]["song"]][0] == f"tr-{jobs[501].id}-1"
