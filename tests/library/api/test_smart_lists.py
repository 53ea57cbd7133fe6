"""Saved searches, over the API."""

import io
import zipfile

import pytest

from jobs.models import Status
from library.smart_lists import services
from library.smart_lists.services import smart_list_create
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db
PATH = "/api/v1/music/smart-lists"


@pytest.fixture
def songs(owner, other, job_row):
    """Two finished raps, a waiting rap and a finished song of the owner, and a rap of another user."""
    for values in ({"display_name": "B"}, {"display_name": "A", "takes": 2}, {"status": "PENDING"}):
        job_row(owner, **{"status": Status.COMPLETED, "song_type": "rap", **values})
    job_row(owner, status=Status.COMPLETED)
    job_row(other, status=Status.COMPLETED, song_type="rap")


@pytest.fixture
def raps(owner, songs):
    return smart_list_create(user=owner, name="Raps", conditions={"song_type": "rap"}, order="name")


def test_its_life(api, songs):
    body = {
        "name": " Raps ",
        "conditions": {"song_type": "rap"},
        "sort_by": "display_name",
        "sort_order": "asc",
    }
    made = api.post(PATH, body)
    assert made.status_code == 201, made.content
    path, kept = f"{PATH}/{made.json()['id']}", made.json()
    assert kept | body | {"name": "Raps", "page": "/?song_type=rap&order=name"} == kept
    assert api.get(PATH).json() == [kept] and api.get(path).json() == kept
    found = api.get(f"{path}/jobs", {"limit": 2})
    assert [job["display_name"] for job in found.json()] == ["A", "B"] and found["X-Total-Count"] == "3"

    changed = api.patch(
        path, {"name": "New", "conditions": {"search": "harbour"}, "sort_order": "desc"}
    ).json()
    assert (changed["name"], changed["page"]) == ("New", "/?search=harbour&order=name-down")
    assert api.patch(path, {}).json()["conditions"] == {"search": "harbour"}
    assert api.delete(path).json() == {"message": "Smart list deleted successfully"}
    assert api.get(path).status_code == 404 and api.get(PATH).json() == []


def test_a_name_is_enough(api):
    made = api.post(PATH, {"name": "Everything"}).json()
    assert (made["conditions"], made["sort_by"], made["sort_order"]) == ({}, "created_at", "desc")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "conditions": {"colour": "red"}}, "conditions"),
        ({"name": "x", "conditions": {"status": "done"}}, "conditions"),
        ({"name": "x", "conditions": {"search": "y" * 201}}, "conditions"),
        ({"name": "x", "conditions": {"liked": True}}, "conditions"),
        ({"name": "x", "conditions": ["rap"]}, "conditions"),
        ({"name": "x", "sort_by": "colour"}, "sort_by"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_search_is_refused(api, body, field):
    answer = api.post(PATH, body)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field], answer.content
    assert api.get(PATH).json() == []


def test_there_are_so_many_at_most(api, raps, monkeypatch):
    monkeypatch.setattr(services, "MOST_SMART_LISTS", 1)
    answer = api.post(PATH, {"name": "One more"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_smart_lists")


@pytest.mark.parametrize("query", ["?limit=101", "?skip=-1", "?status=failed"])
def test_its_songs_are_paged_and_nothing_else_is_asked(api, raps, query):
    assert api.get(f"{PATH}/{raps.pk}/jobs{query}").status_code == 400


def test_anothers_does_not_exist(client_of, other, raps):
    api = client_of(other)
    for path in (f"{PATH}/{raps.pk}", f"{PATH}/{raps.pk + 1}", f"{PATH}/{2**70}"):
        for answer in (
            api.get(path),
            api.patch(path, {"name": "mine"}),
            api.delete(path),
            api.get(f"{path}/jobs"),
            api.get(f"{path}.m3u8"),
            api.get(f"{path}.zip"),
        ):
            assert answer.status_code == 404
    raps.refresh_from_db()
    assert raps.name == "Raps" and api.get(PATH).json() == []


def test_as_m3u_it_names_finished_songs_in_its_order(api, raps, job_row, owner):
    job_row(owner, status=Status.COMPLETED, song_type="rap", task="plan", display_name="Silent")
    text = api.get(f"{PATH}/{raps.pk}.m3u8").content.decode()
    names = [line.split(" - ")[1] for line in text.splitlines() if line.startswith("#EXTINF")]
    assert names == ["A (take 1)", "B"] and "#PLAYLIST:Raps" in text


def test_as_zip_it_holds_them(api, owner):
    recorded(new_job(owner, display_name="Night Train"))
    found = smart_list_create(user=owner, name="Trains", conditions={"search": "train"}, order="newest")
    answer = api.get(f"{PATH}/{found.pk}.zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.namelist() == ["01 Night Train.flac"]
