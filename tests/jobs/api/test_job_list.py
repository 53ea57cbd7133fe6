import pytest
from rest_framework.test import APIClient

from jobs.models import Job

ADDRESS = "/api/v1/music/jobs"


def test_it_lists_the_newest_first(api, owner, other, job_row):
    ids = [job_row(owner).id for _ in range(3)]
    job_row(other)
    answer = api.get(ADDRESS)
    assert [job["id"] for job in answer.json()] == ids[::-1]
    assert answer["X-Total-Count"] == "3"


def test_pages_neither_repeat_nor_lose_a_row(api, owner, job_row):
    ids = [job_row(owner).id for _ in range(7)]
    Job.objects.update(created_at=Job.objects.first().created_at)  # all at the same moment
    pages = [api.get(ADDRESS, {"skip": skip, "limit": 3}) for skip in (0, 3, 6, 9)]
    assert [job["id"] for page in pages for job in page.json()] == ids[::-1]
    assert {page["X-Total-Count"] for page in pages} == {"7"}


def test_it_shows_takes_without_a_query_for_each(api, owner, job_row, django_assert_num_queries):
    for _ in range(4):
        job_row(owner, status="COMPLETED", takes=2)
    with django_assert_num_queries(3):  # jobs, their takes, the total
        jobs = api.get(ADDRESS).json()
    assert all(len(job["takes"]) == 2 and job["output_url"] for job in jobs)


def test_a_page_of_waiting_jobs_counts_the_queue_once(api, owner, job_row, django_assert_num_queries):
    for _ in range(4):
        job_row(owner)
    with django_assert_num_queries(4):
        assert [job["queue_position"] for job in api.get(ADDRESS).json()] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"task": "text2rap"}, 1),
        ({"task": "TEXT2RAP"}, 1),
        ({"status": "completed"}, 1),
        ({"status": "COMPLETED", "task": "text2rap"}, 0),
        ({"status": "", "task": ""}, 3),
    ],
)
def test_it_filters_in_any_case(api, owner, job_row, query, count):
    job_row(owner), job_row(owner, task="text2rap"), job_row(owner, status="COMPLETED")
    answer = api.get(ADDRESS, query)
    assert len(answer.json()) == count and answer["X-Total-Count"] == str(count)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"limit": "101"}, "limit: A whole number from 1 to 100 was wanted."),
        ({"limit": "0"}, "from 1 to 100"),
        ({"limit": "-1"}, "from 1 to 100"),
        ({"limit": "ten"}, "from 1 to 100"),
        ({"limit": "９"}, "from 1 to 100"),
        ({"skip": "-1"}, "skip: A whole number from 0"),
        ({"skip": "9" * 30}, "skip: A whole number from 0"),
        ({"status": "DONE"}, "status: One of PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED was wanted."),
        ({"task": "mix"}, "task: One of text2music, prompt2instrumental,"),
        ({"task": "a\x00b"}, "task: One of"),
    ],
)
def test_it_refuses(api, query, words):
    answer = api.get(ADDRESS, query)
    assert answer.status_code == 400 and words in answer.json()["detail"]


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401
