"""A job's page in the admin: every attempt with its worker and outcome, and the history of what is stored."""

import pytest
from django.urls import reverse

from jobs.history.models import JobEvent
from jobs.models import Job
from jobs.services import job_retry
from jobs.specs.comparison import AskedAndUsed
from jobs.staff.detail import settings_of
from jobs.staff.life import attempts_of, events_of, life_of
from jobs.worker.claims import job_claim, job_fail, job_finish, job_release

pytestmark = pytest.mark.django_db
LEASE = "studio-1/77/0123456789abcdef"


@pytest.fixture
def retried(make_job, result, stored_take):
    """A song that was requeued once, failed, was retried, and then finished."""
    job = make_job()
    job_release(job=job_claim(lease_token=LEASE), lease_owner=LEASE)
    job_fail(job=job_claim(lease_token=LEASE), lease_owner=LEASE, code="engine_failed", message="It burned.")
    job_retry(job=job)
    claimed = job_claim(lease_token="studio-2/8/fedcba9876543210")
    job_finish(
        job=claimed, lease_owner=claimed.lease_owner, result=result, takes=[stored_take()],
        stage_s={"planning": 0.5, "rendering": 2.25},
    )  # fmt: skip
    return Job.objects.get(id=job.id)


def test_each_attempt_has_its_worker_its_end_and_its_stages(retried):
    attempts = attempts_of(retried, events_of(retried))
    assert [(each.number, each.worker, each.outcome, each.is_bad) for each in attempts] == [
        (1, "studio-1/77", "Put back into the queue", False),
        (2, "studio-1/77", "Failed", True),
        (3, "studio-2/8", "Ready", False),
    ]
    assert attempts[1].detail == "at stage planning; engine_failed: It burned."
    assert attempts[2].stages == (("planning", 0.5), ("rendering", 2.25))


def test_the_life_log_is_in_order_and_whole(retried):
    life = [event.what for event in life_of(retried, sees_all=True)]
    steps = [what for what in life if not what.startswith("Credits")]
    assert steps == [
        "Requested", "Attempt 1 started", "Put back into the queue", "Attempt 2 started", "Failed", "Retried",
        "Attempt 3 started", "Ready",
    ]  # fmt: skip
    assert [what for what in life if what.startswith("Credits")] == [
        "Credits: reserve", "Credits: refund", "Credits: reserve", "Credits: charge",
    ]  # fmt: skip


def test_a_job_from_before_attempts_were_kept_has_its_last(retried):
    JobEvent.objects.all().delete()
    [attempt] = attempts_of(retried, [])
    assert (attempt.number, attempt.outcome, attempt.worker) == (1, "Ready", "")
    assert "Attempt 1 started" in [event.what for event in life_of(retried, sees_all=True)]


def test_the_page_shows_them_and_no_lease(client, staff, retried, make_job):
    client.force_login(staff)
    going = make_job()
    job_claim(lease_token=LEASE)
    for job, words in (
        (retried, ["Attempt 3", "studio-2/8", "2.25 s"]),
        (going, ["Attempt 1", "studio-1/77"]),
    ):
        page = client.get(reverse("admin:jobs_job_change", args=[job.id])).content.decode()
        assert all(word in page for word in words)
        assert LEASE not in page and "fedcba" not in page


def test_settings_stand_in_the_order_that_staff_ask(retried):
    asked = AskedAndUsed("bpm", "Tempo", "90", "90")
    chosen = AskedAndUsed("kind", "Kind", "", "song")
    plan = AskedAndUsed("plan", "Plan", "", '{"sections": []}')
    shown = settings_of([chosen, plan, asked])
    assert (shown.asked, shown.chosen, shown.long) == ([asked], [chosen], [plan])
