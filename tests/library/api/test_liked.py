import pytest
from rest_framework.test import APIClient

ADDRESS = "/api/v1/music/liked"


@pytest.fixture
def liked(owner, other, job_row, react):
    """The owner's liked jobs, oldest first: a finished song, a waiting rap, a waiting song."""
    jobs = [
        job_row(owner, status="COMPLETED"),
        job_row(owner, task="text2rap", song_type="rap"),
        job_row(owner),
    ]
    for job in reversed(jobs):  # liked in another order than created
        react(job)
    react(job_row(owner), "dislike"), react(job_row(other)), job_row(owner)
    return jobs


def test_it_lists_what_you_like_newest_first(api, liked):
    answer = api.get(ADDRESS)
    assert [job["id"] for job in answer.json()] == [job.id for job in reversed(liked)]
    assert answer["X-Total-Count"] == "3"
    assert "interaction" not in answer.json()[0]


@pytest.mark.parametrize(
    ("query", "places", "total"),
    [
        ({"skip": 1, "limit": 1}, [1], "3"),
        ({"song_type": "songs"}, [2, 0], "2"),
        ({"status": "completed"}, [0], "1"),
        ({"status": "completed", "song_type": "rap"}, [], "0"),
    ],
)
def test_it_filters_and_pages(api, liked, query, places, total):
    answer = api.get(ADDRESS, query)
    assert [job["id"] for job in answer.json()] == [liked[place].id for place in places]
    assert answer["X-Total-Count"] == total


def test_it_says_so_where_asked(api, liked):
    assert {job["interaction"] for job in api.get(ADDRESS, {"include_interactions": "true"}).json()} == {
        "like"
    }


@pytest.mark.parametrize("query", [{"limit": 101}, {"status": "x"}, {"song_type": "x"}, {"genre": "jazz"}])
def test_it_refuses(api, query):
    assert api.get(ADDRESS, query).status_code == 400


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401
