"""Rules for every verb that changes a job."""

import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}"


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
