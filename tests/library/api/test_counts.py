import pytest
from rest_framework.test import APIClient

ADDRESS = "/api/v1/music/jobs/counts"


@pytest.fixture
def jobs(owner, other, job_row):
    job_row(owner, status="COMPLETED"), job_row(owner), job_row(other)
    job_row(owner, task="text2rap", song_type="rap", status="COMPLETED")
    job_row(owner, task="retake", song_type="edits", status="FAILED")


def test_it_counts_by_task_and_type(api, jobs):
    assert api.get(ADDRESS).json() == {
        "total": 4,
        "by_task": {"text2music": 2, "text2rap": 1, "retake": 1},
        "by_song_type": {"songs": 2, "rap": 1, "edits": 1},
        "filters": {"status": None, "song_type": None},
    }


@pytest.mark.parametrize(
    ("query", "total", "by_song_type", "filters"),
    [
        ({"status": "completed"}, 2, {"songs": 1, "rap": 1}, {"status": "COMPLETED", "song_type": None}),
        ({"song_type": "songs"}, 2, {"songs": 2}, {"status": None, "song_type": "song"}),
        ({"song_type": "RAP", "status": "FAILED"}, 0, {}, {"status": "FAILED", "song_type": "rap"}),
    ],
)
def test_it_counts_what_was_asked_for(api, jobs, query, total, by_song_type, filters):
    body = api.get(ADDRESS, query).json()
    assert (body["total"], body["by_song_type"], body["filters"]) == (total, by_song_type, filters)
    assert sum(body["by_task"].values()) == total


def test_it_takes_one_query(api, jobs, django_assert_num_queries):
    with django_assert_num_queries(1):
        api.get(ADDRESS)


def test_without_jobs_everything_is_empty(api):
    body = api.get(ADDRESS).json()
    assert (body["total"], body["by_task"], body["by_song_type"]) == (0, {}, {})


@pytest.mark.parametrize("query", [{"status": "done"}, {"song_type": "opera"}, {"task": "text2rap"}])
def test_it_refuses(api, query):
    assert api.get(ADDRESS, query).status_code == 400


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401
