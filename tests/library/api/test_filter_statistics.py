import pytest
from rest_framework.test import APIClient

from jobs.models import Job

ADDRESS = "/api/v1/music/filters/stats"


@pytest.fixture
def jobs(owner, other, job_row, tag, react):
    done = job_row(owner, status="COMPLETED", vocal_language="en")
    rap = job_row(owner, task="text2rap", song_type="rap", vocal_language="de")
    tag(done, "genre", "Jazz"), tag(rap, "genre", "Hip Hop"), tag(rap, "genre", "Jazz")
    tag(done, "occasion", "Wedding"), react(done), react(rap, "dislike")
    tag(job_row(other, vocal_language="fr", status="FAILED"), "emotion", "Calm")


def test_it_tells_what_there_is(api, jobs):
    assert api.get(ADDRESS).json() == {
        "total_tracks": 2,
        "liked_count": 1,
        "song_types": {"songs": 1, "rap": 1},
        "available_filters": {
            "song_types": ["rap", "song"],
            "interactions": ["dislike", "like"],
            "statuses": ["completed", "pending"],
            "languages": ["de", "en"],
            "genres": ["Hip Hop", "Jazz"],
            "emotions": [],
            "occasions": ["Wedding"],
            "tags": [],
        },
    }


def test_what_goes_is_told_no_more(api, jobs, owner):
    Job.objects.filter(user=owner, song_type="rap").delete()
    available = api.get(ADDRESS).json()["available_filters"]
    assert (available["languages"], available["genres"], available["interactions"]) == (
        ["en"],
        ["Jazz"],
        ["like"],
    )


def test_each_value_can_be_filtered_by(api, jobs):
    available = api.get(ADDRESS).json()["available_filters"]
    names = {"song_types": "song_type", "statuses": "status"} | {
        f"{name}s": name for name in ("language", "genre", "emotion", "occasion")
    }
    for plural, name in names.items():
        for value in available[plural]:
            assert api.get("/api/v1/music/jobs", {name: value})["X-Total-Count"] != "0", (name, value)


def test_it_takes_two_queries(api, jobs, django_assert_num_queries):
    with django_assert_num_queries(2):
        api.get(ADDRESS)


def test_without_jobs_everything_is_empty(api):
    body = api.get(ADDRESS).json()
    assert (body["total_tracks"], body["liked_count"], body["song_types"]) == (0, 0, {})
    assert not any(body["available_filters"].values())


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401
