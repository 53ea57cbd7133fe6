"""Requeuing failed jobs from the command line."""

import pytest
from django.core.management import call_command

from jobs.models import Job
from jobs.worker.claims import job_claim, job_fail

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(make_job, owner, other):
    for user, code in [(owner, "engine_failed"), (owner, "storage_failed"), (other, "engine_failed")]:
        make_job(user=user)
        job_fail(job=job_claim(lease_token="me"), lease_owner="me", code=code, message="x")


def statuses():
    return list(Job.objects.order_by("id").values_list("status", flat=True))


def test_all_of_them(failed, capsys):
    call_command("retryfailed")
    assert statuses() == ["PENDING"] * 3
    assert "3 failed jobs went back" in capsys.readouterr().out


def test_only_one_users(failed):
    call_command("retryfailed", user="otto")
    assert statuses() == ["FAILED", "FAILED", "PENDING"]


def test_only_those_that_failed_so(failed):
    call_command("retryfailed", code="storage_failed")
    assert statuses() == ["FAILED", "PENDING", "FAILED"]


def test_a_dry_run_changes_nothing(failed, capsys):
    call_command("retryfailed", dry_run=True)
    assert statuses() == ["FAILED"] * 3
    assert "3 failed jobs would go back" in capsys.readouterr().out


def test_no_more_than_may_wait(failed, settings, capsys):
    settings.WAITING_LIMIT = "1"
    call_command("retryfailed")
    assert statuses() == ["PENDING", "FAILED", "PENDING"]
    told = capsys.readouterr()
    assert "2 failed jobs went back" in told.out
    assert "stays as it is: At most 1 of your songs can wait" in told.err
