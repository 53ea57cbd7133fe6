import pytest

from audiomusic.accounts.credits import credits_reserve
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
