"""Songs in an order of the user's own, over the API."""

import io
import zipfile

import pytest

from jobs.models import Take
from jobs.services import job_delete
from library.playlists import files, services
from library.playlists.models import Playlist, PlaylistItem
from library.playlists.services import SongRef, playlist_create
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db
PATH = "/api/v1/music/playlists"


@pytest.fixture
def songs(owner, job_row):
    """Two finished songs of the owner, the second with two takes."""
    one = job_row(owner, status="COMPLETED", display_name="One")
    two = job_row(owner, status="COMPLETED", display_name="Two", takes=2)
    return [{"job_id": one.id, "take": 1}, {"job_id": two.id, "take": 2}]


@pytest.fixture
def playlist(api):
    return api.post(PATH, {"name": "Evening"}).json()


def items_of(body):
    return [{"job_id": item["job_id"], "take": item["take"]} for item in body["items"]]


def test_a_score_that_nobody_has_played_is_no_song(api, playlist, job_row, owner):
    for task in ("plan", "revise"):
        score = job_row(owner, status="COMPLETED", task=task)
        answer = api.post(f"{PATH}/{playlist['id']}/items", {"items": [{"job_id": score.id}]})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_song")


def test_its_life(api, songs):
    made = api.post(PATH, {"name": "  Evening ", "comment": "slow ones"})
    assert made.status_code == 201
    path = f"{PATH}/{made.json()['id']}"
    assert (made.json()["name"], made.json()["song_count"], made.json()["items"]) == ("Evening", 0, [])

    filled = api.post(f"{path}/items", {"items": [songs[0], songs[1], songs[0]]}).json()
    assert items_of(filled) == [songs[0], songs[1], songs[0]]
    assert (filled["song_count"], filled["duration"]) == (3, 90.0)
    assert [item["display_name"] for item in filled["items"]] == ["One", "Two", "One"]

    reordered = api.put(f"{path}/items", {"items": [songs[1], songs[0]]}).json()
    assert items_of(reordered) == [songs[1], songs[0]]
    assert reordered["changed_at"] > filled["changed_at"]

    renamed = api.patch(path, {"name": "Night"}).json()
    assert (renamed["name"], renamed["comment"], items_of(renamed)) == (
        "Night",
        "slow ones",
        items_of(reordered),
    )
    listed = api.get(PATH).json()
    assert [each["name"] for each in listed] == ["Night"] and "items" not in listed[0]

    assert api.delete(path).json() == {"message": "Playlist deleted successfully"}
    assert api.get(path).status_code == 404
    assert api.get(f"/api/v1/music/jobs/{songs[0]['job_id']}").status_code == 200


def test_a_take_is_the_first_unless_another_is_named(api, playlist, songs):
    body = api.post(f"{PATH}/{playlist['id']}/items", {"items": [{"job_id": songs[1]["job_id"]}]}).json()
    assert items_of(body) == [{"job_id": songs[1]["job_id"], "take": 1}]


def test_a_deleted_song_leaves_it(api, owner, playlist, songs):
    path = f"{PATH}/{playlist['id']}"
    api.put(f"{path}/items", {"items": songs})
    job_delete(job=owner.jobs.get(id=songs[0]["job_id"]))
    assert items_of(api.get(path).json()) == songs[1:]
    api.post(f"{path}/items", {"items": songs[1:]})
    assert items_of(api.get(path).json()) == songs[1:] * 2


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "name: This field is required."),
        ({"name": " "}, "name: This field may not be blank."),
        ({"name": "a" * 201}, "name: Ensure this field has no more than 200 characters."),
        ({"name": 7}, "name: Expected a text, got 7."),
        ({"name": "a", "public": True}, "public: Unknown field; expected one of: name, comment."),
    ],
)
def test_what_is_no_playlist_is_refused(api, body, sentence):
    answer = api.post(PATH, body)
    assert (answer.status_code, answer.json()["detail"]) == (400, sentence)
    assert not Playlist.objects.exists()


@pytest.mark.parametrize(
    "items",
    [
        None, [7], [{}], [{"job_id": "1"}], [{"job_id": 10**20}], [{"job_id": 1, "take": 0}],
        [{"job_id": 1, "at": 3}],
    ],
)  # fmt: skip
def test_what_are_no_songs_is_refused(api, playlist, items):
    answer = api.put(f"{PATH}/{playlist['id']}/items", {"items": items})
    assert answer.status_code == 400 and answer.json()["code"] == "invalid", answer.content


def test_songs_that_are_not_there_change_nothing(api, other, playlist, songs, job_row):
    path = f"{PATH}/{playlist['id']}/items"
    api.put(path, {"items": songs})
    anothers = job_row(other, status="COMPLETED")
    waiting = job_row(Playlist.objects.get().user)
    for wrong in ({"job_id": anothers.id}, {"job_id": waiting.id}, {"job_id": songs[0]["job_id"], "take": 9}):
        for send in (api.put, api.post):
            answer = send(path, {"items": [songs[0], wrong]})
            assert (answer.status_code, answer.json()["code"]) == (404, "no_such_song")
    assert items_of(api.get(f"{PATH}/{playlist['id']}").json()) == songs


def test_there_are_so_many_at_most(api, owner, monkeypatch, playlist, songs):
    monkeypatch.setattr(services, "MOST_ITEMS", 2)
    monkeypatch.setattr(services, "MOST_PLAYLISTS", 1)
    full = api.put(f"{PATH}/{playlist['id']}/items", {"items": [*songs, *songs]})
    assert (full.status_code, full.json()["code"]) == (409, "playlist_full")
    more = api.post(PATH, {"name": "one more"})
    assert (more.status_code, more.json()["code"]) == (409, "playlist_full")


def test_a_repeated_request_makes_one(api):
    first, again = (
        api.post(PATH, {"name": "Evening"}, headers={"Idempotency-Key": "same"}) for _ in range(2)
    )
    assert first.json() == again.json() and Playlist.objects.count() == 1


def test_anothers_does_not_exist(client_of, other, playlist, songs):
    stranger = client_of(other)
    path = f"{PATH}/{playlist['id']}"
    assert stranger.get(PATH).json() == []
    for answer in (
        stranger.get(path), stranger.patch(path, {"name": "mine"}), stranger.delete(path),
        stranger.put(f"{path}/items", {"items": []}), stranger.post(f"{path}/items", {"items": []}),
        stranger.get(f"{path}.m3u8"), stranger.get(f"{path}.zip"),
    ):  # fmt: skip
        assert answer.status_code == 404, answer
    assert Playlist.objects.get().name == "Evening"


def test_as_m3u_its_links_open_without_a_key(api, client, owner, playlist):
    take = recorded(new_job(owner, display_name="Night\nTrain", format="flac"))
    api.put(f"{PATH}/{playlist['id']}/items", {"items": [{"job_id": take.job_id}]})
    answer = api.get(f"{PATH}/{playlist['id']}.m3u8")
    assert answer["Content-Type"] == "audio/x-mpegurl; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="Evening.m3u8"')
    lines = answer.content.decode().splitlines()
    assert lines[:3] == ["#EXTM3U", "#PLAYLIST:Evening", "#EXTINF:1,AudioMusic - Night Train"]
    assert client.get(lines[3].removeprefix("http://testserver")).status_code == 200 and len(lines) == 4


def test_as_zip_it_holds_the_songs_in_order(api, owner, monkeypatch, playlist):
    takes = [recorded(new_job(owner, display_name=name, format="flac")) for name in ("a/b", "../c")]
    refs = [{"job_id": take.job_id} for take in reversed(takes)]
    api.put(f"{PATH}/{playlist['id']}/items", {"items": [*refs, refs[0]]})
    answer = api.get(f"{PATH}/{playlist['id']}.zip")
    content = b"".join(answer.streaming_content)
    assert answer["Content-Length"] == str(len(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["01 c.flac", "02 a b.flac", "03 c.flac"]
        assert archive.read("01 c.flac")[:4] == b"fLaC" and archive.testzip() is None

    silent = {"job_id": new_job(owner).id}
    Take.objects.create(job_id=silent["job_id"], index=1, seed=1, duration_s=1)
    api.put(f"{PATH}/{playlist['id']}/items", {"items": [silent]})
    missing = api.get(f"{PATH}/{playlist['id']}.zip")
    assert (missing.status_code, missing.json()["code"]) == (409, "audio_missing")

    api.put(f"{PATH}/{playlist['id']}/items", {"items": refs})
    monkeypatch.setattr(files, "MAX_ZIP_BYTES", 100)
    refused = api.get(f"{PATH}/{playlist['id']}.zip")
    assert (refused.status_code, refused.json()["code"]) == (413, "playlist_too_large")


def test_places_are_written_by_one_at_a_time(owner, job_row):
    job = job_row(owner, status="COMPLETED")
    playlist = playlist_create(user=owner, name="x", items=[SongRef(job.id)] * 3)
    services.playlist_items_change(playlist=playlist, remove=[0, 2, 99], add=[SongRef(job.id)])
    assert list(PlaylistItem.objects.values_list("position", flat=True)) == [1, 2]
