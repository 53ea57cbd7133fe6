import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from jobs.models import Job

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}"


def test_it_renames(api, owner, job_row):
    job = job_row(owner)
    body = {"display_name": "  Night boat ", "thumbnail_url": "https://example.org/a.png"}
    answer = api.patch(address(job), body)
    assert answer.status_code == 200
    assert answer.json()["display_name"] == "Night boat"
    assert answer.json()["thumbnail_url"] == "https://example.org/a.png"
    job.refresh_from_db()
    assert job.display_name == "Night boat"


def test_it_leaves_alone_what_was_not_named_and_takes_a_picture_away(api, owner, job_row):
    job = job_row(owner, thumbnail_url="https://example.org/a.png")
    body = api.patch(address(job), {"thumbnail_url": None}).json()
    assert body["thumbnail_url"] is None and body["display_name"] == "Harbour lights"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "  "}, "display_name"),
        ({"display_name": None}, "display_name"),
        ({"display_name": 7}, "display_name"),
        ({"display_name": "x" * 201}, "display_name"),
        ({"thumbnail_url": "file:///etc/passwd"}, "thumbnail_url"),
        ({"display_name": "x", "status": "COMPLETED"}, "status"),
        ({"user_id": 1}, "user_id"),
        ({}, "non_field_errors"),
    ],
)
def test_it_refuses(api, owner, job_row, body, name):
    job = job_row(owner)
    answer = api.patch(address(job), body)
    assert answer.status_code == 400 and name in answer.json()["errors"], answer.json()
    job.refresh_from_db()
    assert job.display_name == "Harbour lights"


def test_it_deletes(api, owner, job_row):
    job = job_row(owner, status="COMPLETED")
    answer = api.delete(address(job))
    assert answer.status_code == 200 and answer.json() == {"message": "Job deleted successfully"}
    assert not Job.objects.exists()
    assert api.delete(address(job)).status_code == 404


def test_it_cancels_a_waiting_job_and_again(api, owner, job_row):
    job = job_row(owner)
    for _ in range(2):
        answer = api.post(f"{address(job)}/cancel")
        assert answer.status_code == 200
        assert answer.json()["job"]["status"] == "CANCELLED" and answer.json()["message"] == "Job cancelled"


def test_it_asks_a_running_job_to_stop(api, owner, job_row):
    job = job_row(owner, status="PROCESSING", progress=10)
    answer = api.post(f"{address(job)}/cancel")
    assert answer.status_code == 200 and answer.json()["message"] == "The job is being stopped"
    job.refresh_from_db()
    assert job.cancel_requested_at is not None


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED"])
def test_a_finished_job_cannot_be_cancelled(api, owner, job_row, status):
    answer = api.post(f"{address(job_row(owner, status=status))}/cancel")
    assert answer.status_code == 409 and answer.json()["code"] == "job_finished"


def test_it_retries_a_failed_job(api, owner, job_row):
    job = job_row(owner, status="FAILED", error_message="It broke.")
    answer = api.post(f"{address(job)}/retry")
    assert answer.status_code == 200
    assert answer.json()["job"]["status"] == "PENDING" and answer.json()["job"]["error_message"] is None


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETED", "CANCELLED"])
def test_only_a_failed_job_can_be_retried(api, owner, job_row, status):
    answer = api.post(f"{address(job_row(owner, status=status))}/retry")
    assert answer.status_code == 400
    assert answer.json()["code"] == "job_not_failed" and status in answer.json()["detail"]


VERBS = [("patch", ""), ("delete", ""), ("post", "/cancel"), ("post", "/retry")]


@pytest.mark.parametrize(("verb", "leaf"), VERBS)
def test_anothers_job_does_not_exist(owner, other, client_of, job_row, verb, leaf):
    job = job_row(owner, status="FAILED")
    answer = getattr(client_of(other), verb)(address(job) + leaf, {"display_name": "mine"})
    assert answer.status_code == 404 and answer.json()["detail"] == "Music job not found"
    job.refresh_from_db()
    assert (job.status, job.display_name) == ("FAILED", "Harbour lights")


@pytest.mark.parametrize(("verb", "leaf"), VERBS)
def test_it_wants_credentials_and_scope(owner, job_row, verb, leaf):
    job = job_row(owner)
    assert getattr(APIClient(), verb)(address(job) + leaf).status_code == 401
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    assert getattr(APIClient(headers={"X-API-Key": key}), verb)(address(job) + leaf).status_code == 403
