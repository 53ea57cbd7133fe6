"""Two concurrent calls, each on its own connection: one wins, and credits move once."""

import threading

import pytest
from django.db import connection

from audiomusic.accounts.models import CreditEntry
from jobs.models import Job, Take
from jobs.services import JobNotCancellable, JobNotRetryable, job_cancel, job_delete, job_retry
from jobs.worker.claims import job_claim, job_fail, job_finish, job_mark_cancelled, job_release

pytestmark = pytest.mark.django_db(transaction=True)
ME = "me"


def race(*acts):
    """Call all functions at the same moment; return their results or exceptions, in order."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            gate.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def settlements():
    return CreditEntry.objects.filter(kind__in=["charge", "refund"]).count()


def test_a_job_is_claimed_by_one(make_job):
    for _ in range(3):
        make_job()
    claims = race(*[job_claim] * 6)
    claimed = [job.id for job in claims if job is not None]
    assert len(claimed) == len(set(claimed)) == 3
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_one_end_of_many_wins(make_job, result, stored_take, credits_of, owner):
    make_job()
    job = job_claim(lease_token=ME)
    held = {"job": job, "lease_owner": ME}
    take = stored_take()
    ends = race(
        lambda: job_finish(**held, result=result, takes=[take]),
        lambda: job_finish(**held, result=result, takes=[take]),
        lambda: job_fail(**held, code="x", message="x"),
        lambda: job_fail(**held, code="x", message="x"),
    )
    assert sorted(ends) == [False, False, False, True]
    assert settlements() == 1
    job.refresh_from_db()
    assert job.credits_held == 0
    assert credits_of(owner) == 10_000 - job.credits_charged
    assert Take.objects.count() == (job.status == "COMPLETED")


def test_cancelling_against_finishing(make_job, result, stored_take):
    make_job()
    job = job_claim(lease_token=ME)
    held = {"job": job, "lease_owner": ME}
    cancel, finish = race(
        lambda: job_cancel(job=Job.objects.get(id=job.id)),
        lambda: job_finish(**held, result=result, takes=[stored_take()]) or job_mark_cancelled(**held),
    )
    assert finish is True
    job.refresh_from_db()
    assert job.status == ("COMPLETED" if isinstance(cancel, JobNotCancellable) else "CANCELLED")
    assert settlements() == 1


def test_deleting_against_finishing(make_job, result, stored_take):
    make_job()
    job = job_claim(lease_token=ME)
    race(
        lambda: job_delete(job=Job.objects.get(id=job.id)),
        lambda: job_finish(job=job, lease_owner=ME, result=result, takes=[stored_take()]),
        lambda: job_delete(job=Job.objects.get(id=job.id)),
    )
    assert not Job.objects.exists()
    assert settlements() == 1


def test_releasing_against_failing(make_job):
    make_job()
    job = job_claim(lease_token=ME)
    held = {"job": job, "lease_owner": ME}
    ends = race(lambda: job_release(**held), lambda: job_fail(**held, code="x", message="x"))
    assert sorted(ends) == [False, True]


def test_two_retries_make_one(make_job):
    make_job()
    job = job_claim(lease_token=ME)
    job_fail(job=job, lease_owner=ME, code="x", message="x")
    results = race(*[lambda: job_retry(job=Job.objects.get(id=job.id))] * 4)
    assert sum(isinstance(each, JobNotRetryable) for each in results) == 3
    assert sum(isinstance(each, Job) for each in results) == 1
