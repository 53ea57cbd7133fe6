"""The queue: the user's own unfinished songs, their positions, and how long they will take."""

from datetime import timedelta

import pytest
from django.utils import timezone

from library.query.user_queue import left_words
from tests.support.lines import job_row, made, worker  # noqa: F401


@pytest.fixture
def state(client, owner):
    client.force_login(owner)
    return lambda **headers: client.get("/queue/state", headers=headers)


def test_it_shows_what_is_ones_own(client, owner, other, worker, job_row):  # noqa: F811
    job_row(owner, status="PROCESSING", stage="rendering", progress=40, display_name="Mine")
    job_row(owner, display_name="Next")
    job_row(other, display_name="Theirs")
    client.force_login(owner)
    page = client.get("/queue").content.decode()
    assert "1 in progress, 1 waiting" in page
    assert "Mine" in page
    assert "Playing the instruments" in page
    assert "Theirs" not in page


def test_it_says_where_nobody_works(client, owner):
    client.force_login(owner)
    page = client.get("/queue").content.decode()
    assert "No worker is running" in page
    assert "Nothing in progress" in page


def test_the_state_is_the_same_in_words(state, owner, worker, made, job_row):  # noqa: F811
    end = timezone.now() + timedelta(seconds=30)
    job = job_row(owner, status="PROCESSING", stage="singing", progress=50, expected_end_at=end)
    assert state().json() == {
        "jobs": [
            {
                "id": job.id, "status": "PROCESSING", "stage": "Singing the lyrics", "percent": 50,
                "left": "about 30 s left", "left_s": 30,
            }
        ]
    }  # fmt: skip


def test_it_costs_nothing_while_nothing_moves(state, owner, job_row, django_assert_max_num_queries):  # noqa: F811
    job_row(owner)
    etag = state()["ETag"]
    with django_assert_max_num_queries(10):
        assert state(**{"If-None-Match": etag}).status_code == 304


def test_a_stranger_gets_no_page_instead(client, db):
    assert client.get("/queue/state").status_code == 401
    assert client.get("/queue")["Location"] == "/sign-in?next=/queue"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""), (3, "a few seconds left"), (34, "about 30 s left"), (80, "about 1 min left"),
        (3600, "about 1 h left"), (5400, "about 1 h 30 min left"),
    ],
)  # fmt: skip
def test_how_it_is_said(seconds, words):
    assert left_words(seconds) == words


def test_while_its_engine_is_loading_the_bar_tells_no_share(client, owner, job_row):  # noqa: F811
    job_row(owner, status="PROCESSING", stage="planning", progress=0)
    client.force_login(owner)
    page = client.get("/queue").content.decode()
    assert '<progress max="100" aria-label' in page and "0 %" not in page
