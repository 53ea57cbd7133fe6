"""An account that is closed, in any way: its jobs end, its credits are refunded, and nothing starts."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.models import Job, OrphanFolder
from jobs.services import JobNotRetryable, job_retry
from jobs.worker import process
from jobs.worker.claims import LeaseState, job_claim, job_claim_compatible, job_finish, job_lease_state
from jobs.worker.shut_accounts import shut_account_jobs_cancel

pytestmark = pytest.mark.django_db
ME = "me"


def shut_by_sql(user, is_active=False):
    """Close or reopen the account directly in the database: no signal, no service."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = %s WHERE id = %s", [is_active, user.id])


def states():
    return dict(Job.objects.order_by("id").values_list("id", "status"))


@pytest.fixture
def sweep(monkeypatch):
    """A worker's own sweep, on this test's connection."""
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
    return process._sweep


def test_its_songs_are_cancelled_by_the_next_sweep_and_cost_nothing(
    make_job, owner, other, credits_of, sweep, settings
):
    settings.CREDITS = "unlimited"
    theirs = make_job(user=other)
    settings.CREDITS = "0"
    running, waiting = make_job(), make_job()
    assert job_claim(lease_token=ME).id == theirs.id
    assert job_claim(lease_token=ME).id == running.id
    assert credits_of(owner) == 10_000 - 2 * 165
    shut_by_sql(owner)
    sweep()
    assert states() == {theirs.id: "PROCESSING", running.id: "CANCELLED", waiting.id: "CANCELLED"}
    assert credits_of(owner) == 10_000
    assert [job.credits_held for job in Job.objects.filter(user=owner)] == [0, 0]
    assert OrphanFolder.objects.filter(job_id=running.id).exists()  # to delete what its worker still stores


def test_its_worker_loses_the_song_and_cannot_finish_it(make_job, owner, result, stored_take):
    make_job()
    claimed = job_claim(lease_token=ME)
    shut_by_sql(owner)
    assert shut_account_jobs_cancel() == 1
    assert job_lease_state(job=claimed, lease_owner=ME) is LeaseState.LOST
    assert not job_finish(job=claimed, lease_owner=ME, result=result, takes=[stored_take()])
    assert states() == {claimed.id: "CANCELLED"}


def test_none_of_its_songs_is_claimed(make_job, owner, other):
    make_job(), make_job(user=other)
    shut_by_sql(owner)
    assert job_claim().user == other
    assert job_claim() is None
    assert job_claim_compatible(accepts=lambda job: True) is None


def test_a_claim_asks_again_when_it_writes(make_job, owner, monkeypatch):
    """The account is closed between choosing the next job and claiming it."""
    made = make_job()
    shut_by_sql(owner)
    turns = iter([made.id])
    monkeypatch.setattr("jobs.managers.JobQuerySet.next_waiting_id", lambda self: next(turns, None))
    assert job_claim() is None
    assert states() == {made.id: "PENDING"}


def test_saved_by_the_admin_or_a_shell_it_ends_at_once(make_job, owner, django_capture_on_commit_callbacks):
    make_job()
    with django_capture_on_commit_callbacks(execute=True):
        owner.is_active = False
        owner.save()
    assert set(states().values()) == {"CANCELLED"}


def test_signing_in_cancels_nothing(make_job, owner, django_capture_on_commit_callbacks):
    make_job()
    with django_capture_on_commit_callbacks(execute=True):
        owner.save()
        owner.save(update_fields=["last_login"])
    assert set(states().values()) == {"PENDING"}


def test_opened_again_it_goes_on_as_before(make_job, owner, credits_of, sweep):
    gone = make_job()
    shut_by_sql(owner)
    sweep()
    shut_by_sql(owner, is_active=True)
    sweep()
    assert states() == {gone.id: "CANCELLED"}
    fresh = make_job()
    assert job_claim().id == fresh.id
    assert credits_of(owner) == 10_000 - 165


def test_opened_again_before_the_sweep_nothing_is_lost(make_job, owner, sweep):
    made = make_job()
    shut_by_sql(owner)
    shut_by_sql(owner, is_active=True)
    sweep()
    assert job_claim().id == made.id


def test_a_failed_song_is_not_retried_for_a_shut_account(make_job, owner):
    made = make_job()
    Job.objects.filter(id=made.id).update(status="FAILED")
    shut_by_sql(owner)
    with pytest.raises(JobNotRetryable, match="account is closed"):
        job_retry(job=made)
    assert states() == {made.id: "FAILED"}


def test_a_long_line_is_cancelled_in_pieces_and_no_worker_is_called_deaf(make_job, owner, sweep):
    """Jobs left for the next sweep must not look like jobs that no worker hears of."""
    for _ in range(3):
        make_job()
    shut_by_sql(owner)
    assert shut_account_jobs_cancel(time_s=-1.0) == 0
    assert not Job.objects.claimable().exists()
    assert sweep() is False
    assert set(states().values()) == {"CANCELLED"}


def test_a_finished_song_stays(make_job, owner, result, stored_take, sweep):
    make_job()
    job_finish(job=job_claim(lease_token=ME), lease_owner=ME, result=result, takes=[stored_take()])
    shut_by_sql(owner)
    sweep()
    assert set(states().values()) == {"COMPLETED"}


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_settle_each_song_once(make_job, owner, credits_of):
    from tests.jobs.test_services_races import race, settlements

    for _ in range(6):
        make_job()
    shut_by_sql(owner)
    counts = race(*[shut_account_jobs_cancel] * 3)
    assert sum(counts) == settlements() == 6
    assert credits_of(owner) == 10_000


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_cancelling_does_not_undo_the_shutting(make_job, owner, monkeypatch, caplog):
    make_job()
    monkeypatch.setattr("jobs.worker.shut_accounts.finalize", lambda *what: 1 / 0)
    with transaction.atomic():
        owner.is_active = False
        owner.save()
    owner.refresh_from_db()
    assert not owner.is_active
    assert "ZeroDivisionError" in caplog.text


def test_one_whose_worker_died_is_cancelled_as_well(make_job, owner, sweep):
    make_job()
    job_claim(lease_token=ME)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    shut_by_sql(owner)
    sweep()
    assert set(states().values()) == {"CANCELLED"}
