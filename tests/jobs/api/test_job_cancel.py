import pytest

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}/cancel"


def test_it_cancels_a_waiting_job_and_again(api, owner, job_row):
    job = job_row(owner)
    for _ in range(2):
        answer = api.post(address(job))
        assert answer.status_code == 200
        assert answer.json()["job"]["status"] == "CANCELLED" and answer.json()["message"] == "Job cancelled"


def test_it_asks_a_running_job_to_stop(api, owner, job_row):
    job = job_row(owner, status="PROCESSING", progress=10)
    answer = api.post(address(job))
    assert answer.status_code == 200 and answer.json()["message"] == "The job is being stopped"
    job.refresh_from_db()
    assert job.cancel_requested_at is not None


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_finished_job_cannot_be_cancelled(api, owner, job_row, status):
    answer = api.post(address(job_row(owner, status=status)))
    assert answer.status_code == 409 and answer.json()["code"] == "job_finished"
