"""What a user does to a job: cancel, retry, rename, delete; in every state, and twice."""

import pytest
from django.core.files.storage import default_storage

from audiomusic.accounts.models import CreditEntry
from jobs.models import Job, Take
from jobs.services import JobNotCancellable, JobNotRetryable, job_cancel, job_delete, job_patch, job_retry
from jobs.worker.claims import job_claim, job_fail, job_finish, job_heartbeat, job_mark_cancelled

pytestmark = pytest.mark.django_db
ME = "me"


@pytest.fixture
def finished(claimed, result, stored_take):
    job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    return Job.objects.get(id=claimed.id)


@pytest.fixture
def failed(claimed):
    job_fail(job=claimed, lease_owner=ME, code="engine_failed", message="It broke.")
    return Job.objects.get(id=claimed.id)


def test_a_waiting_job_is_cancelled_at_once(credits_of, owner, make_job):
    job = job_cancel(job=make_job())
    assert (job.status, job.credits_refunded) == ("CANCELLED", 165)
    assert credits_of(owner) == 10_000
    assert job_claim() is None


def test_a_running_one_is_asked_to_stop(claimed):
    job = job_cancel(job=claimed)
    assert job.status == "PROCESSING"
    assert job.cancel_requested_at is not None
    assert job.credits_held == 165


def test_cancelling_is_repeatable(claimed):
    first = job_cancel(job=claimed).cancel_requested_at
    assert job_cancel(job=claimed).cancel_requested_at == first
    job_mark_cancelled(job=claimed, lease_owner=ME)
    assert job_cancel(job=claimed).status == "CANCELLED"
    assert CreditEntry.objects.filter(kind="refund").count() == 1


def test_what_is_over_cannot_be_cancelled(finished):
    with pytest.raises(JobNotCancellable, match="COMPLETED"):
        job_cancel(job=finished)


def test_a_failed_job_neither(failed):
    with pytest.raises(JobNotCancellable, match="FAILED"):
        job_cancel(job=failed)


def test_a_stale_object_settles_nothing_twice(make_job, credits_of, owner):
    stale = make_job()
    job = job_claim(lease_token=ME)
    job_fail(job=job, lease_owner=ME, code="x", message="x")
    job_retry(job=job)
    job_cancel(job=stale)  # it knows neither the failure nor the retry's reservation
    assert credits_of(owner) == 10_000
    assert CreditEntry.objects.filter(kind="refund").count() == 2  # one for the failure, one for the retry


def test_a_retry_makes_the_same_song_again(failed):
    job = job_retry(job=failed)
    assert (job.status, job.attempts, job.error_code, job.error_message) == ("PENDING", 0, "", "")
    assert (job.progress, job.completed_at) == (None, None)
    assert job.effective["seeds"] == [7]


def test_a_retry_costs_nothing_even_with_an_empty_purse(credits_of, owner, make_job, result, stored_take):
    from audiomusic.accounts.credits.ledger import credits_reserve

    make_job()
    job = job_claim(lease_token=ME)
    job_fail(job=job, lease_owner=ME, code="x", message="x")
    credits_reserve(user=owner, amount=10_000, reference="spent elsewhere")
    job_retry(job=job)
    again = job_claim(lease_token=ME)
    assert job_finish(job=again, lease_owner=ME, result=result, takes=[stored_take()])
    assert credits_of(owner) == 0
    again.refresh_from_db()
    assert (again.credits_reserved, again.credits_charged, again.credits_refunded) == (165, 0, 165)


def test_a_retry_holds_its_first_reservation_again_and_charges_it_once(
    credits_of, owner, make_job, result, stored_take
):
    make_job()
    job = job_claim(lease_token=ME)
    job_fail(job=job, lease_owner=ME, code="x", message="x")
    assert credits_of(owner) == 10_000
    job = job_retry(job=job)
    assert credits_of(owner) == 10_000 - 165
    assert (job.credits_reserved, job.credits_refunded, job.credits_held) == (165, 0, 165)
    again = job_claim(lease_token=ME)
    assert job_finish(job=again, lease_owner=ME, result=result, takes=[stored_take(duration_s=10.0)])
    again.refresh_from_db()
    assert (again.credits_reserved, again.credits_charged, again.credits_refunded) == (165, 165, 0)
    assert credits_of(owner) == 10_000 - 165


def test_a_retry_that_fails_again_gives_them_back_again(credits_of, owner, make_job):
    make_job()
    for _ in range(2):
        job = job_claim(lease_token=ME)
        job_fail(job=job, lease_owner=ME, code="x", message="x")
        job.refresh_from_db()
        assert credits_of(owner) == 10_000
        job_retry(job=job)
    assert credits_of(owner) == 10_000 - 165


def test_only_failed_jobs_are_retried(finished, make_job):
    for job in (finished, make_job()):
        with pytest.raises(JobNotRetryable, match=job.status):
            job_retry(job=job)


def test_a_retry_happens_once(failed):
    job_retry(job=Job.objects.get(id=failed.id))
    with pytest.raises(JobNotRetryable):
        job_retry(job=failed)


def test_renaming(finished):
    job_patch(job=finished, display_name="New\nName")
    job_patch(job=finished, thumbnail_url="https://example.org/a.png")
    job = Job.objects.get(id=finished.id)
    assert (job.display_name, job.thumbnail_url) == ("New Name", "https://example.org/a.png")


def test_deleting_takes_rows_and_files(finished, django_capture_on_commit_callbacks):
    name = finished.takes.get().files.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        job_delete(job=finished)
        assert default_storage.exists(name)  # not before the commit
    assert not default_storage.exists(name)
    assert not Job.objects.exists()
    assert not Take.objects.exists()


def test_deleting_a_finished_job_returns_nothing(credits_of, owner, finished):
    before = credits_of(owner)
    job_delete(job=finished)
    assert credits_of(owner) == before


def test_deleting_an_unfinished_job_returns_its_credits(credits_of, owner, make_job):
    job_delete(job=make_job())
    assert credits_of(owner) == 10_000


def test_deleting_a_running_job_takes_the_lease_away(claimed, result, stored_take):
    job_delete(job=Job.objects.get(id=claimed.id))
    assert not job_heartbeat(job=claimed, lease_owner=ME)
    assert not job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert not Take.objects.exists()


def test_deleting_is_repeatable(make_job):
    job = make_job()
    twin = Job.objects.get(id=job.id)
    job_delete(job=job)
    job_delete(job=twin)
    assert CreditEntry.objects.filter(kind="refund").count() == 1
