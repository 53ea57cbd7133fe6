import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from jobs.models import Job, Status
from jobs.specs.tags import save_tags
from library.tags.services import MOST_TAGS, job_tags_update

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(owner, job_row):
    job = job_row(owner, effective={"genres": ["Jazz"]}, status=Status.COMPLETED)
    save_tags(job)
    return job


def address(job):
    return f"/api/v1/music/jobs/{getattr(job, 'id', job)}/tags"


def test_tags_are_read_changed_and_set(api, song):
    body = {"job_id": song.id, "tags": [], "genres": ["Jazz"], "emotions": [], "occasions": []}
    assert api.get(address(song)).json() == body
    changed = api.patch(address(song), {"add": ["Gym", "#sea"], "remove": ["jazz"]})
    assert changed.status_code == 200 and changed.json() == body | {"tags": ["Gym", "sea"], "genres": []}
    assert api.put(address(song), {"tags": ["sun"]}).json() == body | {"tags": ["sun"], "genres": []}
    job = api.get(f"/api/v1/music/jobs/{song.id}").json()
    assert (job["tags"], job["genres"]) == (["sun"], [])


def test_songs_are_found_by_them(api, owner, song, job_row):
    job_row(owner)
    job_tags_update(job=song, add=["Gym"])
    found = api.get("/api/v1/music/jobs", {"tag": "gym"})
    assert [job["id"] for job in found.json()] == [song.id] and found["X-Total-Count"] == "1"
    assert api.get("/api/v1/music/jobs", {"tag": "none"}).json() == []
    statistics = api.get("/api/v1/music/filters/stats").json()
    assert statistics["available_filters"]["tags"] == ["Gym"]


@pytest.mark.parametrize(
    "body",
    [
        {"tags": ["a,b"]},
        {"tags": [""]},
        {"tags": [7]},
        {"tags": "gym"},
        {"tags": ["x" * 41]},
        {"tags": ["x" * 4000]},
        {"tags": [str(number) for number in range(MOST_TAGS + 1)]},
        {"words": ["gym"]},
        {},
    ],
)
def test_what_is_no_list_of_tags_is_refused(api, song, body):
    answer = api.put(address(song), body)
    assert answer.status_code == 400 and answer.json()["errors"]
    assert not Job.objects.get(id=song.id).own_tags


def test_one_tag_too_many(api, song):
    job_tags_update(job=song, add=[f"tag {number}" for number in range(MOST_TAGS)])
    answer = api.patch(address(song), {"add": ["one more"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tags")


def test_another_users_job_does_not_exist(api, other, job_row):
    job = job_row(other)
    for id in (job.id, job.id + 1, 2**70):
        for answer in (
            api.get(address(id)),
            api.put(address(id), {"tags": ["gym"]}),
            api.patch(address(id), {"add": ["gym"]}),
        ):
            assert answer.status_code == 404 and answer.json()["detail"] == "Music job not found"
    assert not Job.objects.get(id=job.id).own_tags


def test_changing_wants_the_generating_scope(owner, song):
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    client = APIClient(headers={"X-API-Key": key})
    assert client.get(address(song)).status_code == 200
    assert client.patch(address(song), {"add": ["gym"]}, format="json").status_code == 403
