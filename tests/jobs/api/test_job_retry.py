import pytest

from audiomusic.accounts.credits.ledger import credits_reserve
from jobs.models import Job

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}/retry"


def test_it_retries_a_failed_job(api, owner, job_row):
    job = job_row(owner, status="FAILED", error_message="It broke.")
    answer = api.post(address(job))
    assert answer.status_code == 200
    assert answer.json()["job"]["status"] == "PENDING" and answer.json()["job"]["error_message"] is None


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETED", "CANCELLED"])
def test_only_a_failed_job_can_be_retried(api, owner, job_row, status):
    answer = api.post(address(job_row(owner, status=status)))
    assert answer.status_code == 400
    assert answer.json()["code"] == "job_not_failed" and status in answer.json()["detail"]


def test_it_costs_nothing_even_with_an_empty_purse(api, credits_of, owner, make_job):
    job = make_job()
    credits_reserve(user=owner, amount=credits_of(owner), reference="elsewhere")
    Job.objects.filter(id=job.id).update(status="FAILED")
    assert api.post(address(job)).status_code == 200
    assert credits_of(owner) == 0


def test_a_second_retry_finds_nothing_to_retry(api, owner, job_row):
    job = job_row(owner, status="FAILED")
    assert [api.post(address(job)).status_code for _ in range(2)] == [200, 400]


def test_a_retry_waits_in_line_as_any_other(api, owner, other, job_row, settings):
    settings.WAITING_LIMIT = "1"
    first, second = job_row(owner, status="FAILED"), job_row(owner, status="FAILED")
    job_row(other)  # another user's queue does not count
    assert api.post(address(first)).status_code == 200
    answer = api.post(address(second))
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_waiting")
    assert answer.headers["Retry-After"] == "30"
    second.refresh_from_db()
    assert second.status == "FAILED"
