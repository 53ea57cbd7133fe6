"""A job's history: each start, and how each unsuccessful attempt ended."""

import pytest

from jobs.history.models import EventKind, JobEvent
from jobs.history.services import job_event_record, worker_of
from jobs.models import Job
from jobs.services import job_cancel, job_delete, job_requeue, job_retry
from jobs.worker.claims import job_claim, job_fail, job_finish, job_release, leases_sweep

pytestmark = pytest.mark.django_db
LEASE = "studio-1/77/0123456789abcdef"


def kinds(job):
    return list(JobEvent.objects.filter(job=job).values_list("kind", flat=True))


def test_a_song_that_is_made_costs_one_row(make_job, result, stored_take):
    job = make_job()
    claimed = job_claim(lease_token=LEASE)
    job_finish(job=claimed, lease_owner=LEASE, result=result, takes=[stored_take()])
    event = JobEvent.objects.get(job=job)
    assert (event.kind, event.attempt, event.worker) == (EventKind.STARTED, 1, "studio-1/77")


def test_every_attempt_is_kept_with_its_worker_and_its_end(make_job):
    job = make_job()
    job_release(job=job_claim(lease_token=LEASE), lease_owner=LEASE)
    job_requeue(job=job_claim(lease_token=LEASE))
    job_fail(job=job_claim(lease_token=LEASE), lease_owner=LEASE, code="engine_failed", message="It burned.")
    job_retry(job=job)
    job_cancel(job=job_claim(lease_token=LEASE))
    assert kinds(job) == [
        "started", "returned", "started", "requeued", "started", "failed", "retried", "started",
        "cancel_requested",
    ]  # fmt: skip
    failed = JobEvent.objects.get(job=job, kind=EventKind.FAILED)
    assert (failed.detail, failed.stage, failed.worker) == (
        "engine_failed: It burned.",
        "planning",
        "studio-1/77",
    )


def test_a_lapsed_lease_is_recorded(make_job):
    job = make_job()
    job_claim(lease_token=LEASE)
    Job.objects.filter(id=job.id).update(lease_until="2026-01-01T00:00:00Z")
    assert leases_sweep() == 1
    assert kinds(job) == ["started", "lease_lapsed"]


def test_no_more_than_so_many_are_kept_of_one_job(make_job, monkeypatch):
    monkeypatch.setattr("jobs.history.services.KEPT_EVENTS", 3)
    job = make_job()
    for _ in range(4):
        job_fail(job=job_claim(lease_token=LEASE), lease_owner=LEASE, code="engine_failed", message="x")
        job_retry(job=job)
    assert kinds(job) == ["started", "failed", "retried"]


def test_it_goes_with_its_job(make_job):
    job = make_job()
    job_event_record(job=job, kind=EventKind.STARTED)
    job_delete(job=job)
    assert not JobEvent.objects.exists()


@pytest.mark.parametrize(("lease", "worker"), [(LEASE, "studio-1/77"), ("me", ""), ("", ""), ("a/b", "a/b")])
def test_a_lease_names_its_worker_and_not_what_opens_it(lease, worker):
    assert worker_of(lease) == worker
