import pytest
from django.core.files.storage import default_storage

from jobs.models import Job
from jobs.worker.claims import job_finish

pytestmark = pytest.mark.django_db


def address(job):
    return f"/api/v1/music/jobs/{job.id}"


def test_it_deletes(api, owner, job_row):
    job = job_row(owner, status="COMPLETED")
    answer = api.delete(address(job))
    assert answer.status_code == 200 and answer.json() == {"message": "Job deleted successfully"}
    assert not Job.objects.exists()
    assert api.delete(address(job)).status_code == 404


def test_a_running_job_goes_and_its_credits_come_back(api, credits_of, owner, claimed):
    answer = api.delete(address(claimed))
    assert answer.status_code == 200
    assert not Job.objects.exists() and credits_of(owner) == 10_000


def test_its_files_go_with_it(api, claimed, result, stored_take, django_capture_on_commit_callbacks):
    take = stored_take()
    assert job_finish(job=claimed, lease_owner="me", result=result, takes=[take])
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(address(claimed)).status_code == 200
    assert not default_storage.exists(take.files[0].storage_name)
