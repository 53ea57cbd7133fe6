"""A process that freezes in the middle of a change, on PostgreSQL: work that everyone depends on does not
wait for its rows. (SQLite has a single writer, and readers never wait.)"""

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audiomusic.accounts.models import CreditAccount
from audiomusic.db.waits import IDLE_IN_TRANSACTION_S, LOCK_WAIT_S, bound_waits
from jobs.models import Job
from jobs.worker.claims import job_claim, leases_sweep
from tests.support.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def on_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks")


@contextmanager
def held(rows):
    """Lock these rows in another session, in a transaction that stays open meanwhile."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                list(rows.select_for_update())
                is_held.set()
                is_over.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(20)
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def short_waits():
    """In this test, waiting for a lock soon raises an error."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    yield
    connection.close()


def test_a_held_song_is_passed_over(make_job, other, short_waits):
    first, second, third = make_job(), make_job(), make_job(user=other)
    with held(Job.objects.filter(id=first.id)):
        assert [job_claim().id, job_claim().id] == [second.id, third.id]
        assert job_claim() is None
    assert job_claim().id == first.id


def test_a_held_lapsed_song_keeps_no_other_from_being_put_back(make_job, short_waits):
    made = [make_job(), make_job()]
    for _ in made:
        job_claim()
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with held(Job.objects.filter(id=made[0].id)):
        assert leases_sweep() == 1
    assert leases_sweep() == 1
    assert Job.objects.waiting().count() == 2


def test_a_held_account_keeps_no_others_song_from_being_put_back(
    make_job, owner, other, credits_of, settings, short_waits
):
    """Ending a job needs its user's account, which another session may have locked."""
    settings.MAX_ATTEMPTS = 1
    settings.CREDITS = "unlimited"
    mine, others = make_job(), make_job(user=other)
    for _ in range(2):
        job_claim()
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with held(CreditAccount.objects.filter(user=owner)):
        assert leases_sweep() == 1
        others.refresh_from_db()
        assert others.status == "FAILED"
    assert leases_sweep() == 1
    mine.refresh_from_db()
    assert mine.status == "FAILED"


def test_no_session_waits_without_end():
    found = []

    def look():
        with connection.cursor() as cursor:
            for name in ("lock_timeout", "idle_in_transaction_session_timeout"):
                cursor.execute(f"SHOW {name}")
                found.append(cursor.fetchone()[0])

    elsewhere(look)
    assert found == [f"{LOCK_WAIT_S}s", f"{IDLE_IN_TRANSACTION_S // 60}min"]


def test_who_does_not_go_on_with_a_transaction_loses_it(monkeypatch, make_job):
    """A frozen process holds a row for a minute at most, and writes nothing when it resumes."""
    job = make_job()
    monkeypatch.setattr("audiomusic.db.waits.IDLE_IN_TRANSACTION_S", 1)
    is_held, is_free, told = threading.Event(), threading.Event(), []

    def freeze():
        try:
            with transaction.atomic():
                Job.objects.select_for_update().get(id=job.id)
                Job.objects.filter(id=job.id).update(display_name="frozen")
                is_held.set()
                is_free.wait(30)
                Job.objects.filter(id=job.id).update(display_name="woken")
        except DatabaseError as error:
            told.append(str(error))

    thread = threading.Thread(target=lambda: elsewhere(freeze))
    thread.start()
    try:
        assert is_held.wait(20)
        assert job_claim_in_time(job)
    finally:
        is_free.set()
        thread.join()
    assert "idle-in-transaction" in told[0]
    job.refresh_from_db()
    assert job.display_name not in ("frozen", "woken")


def job_claim_in_time(job):
    """Return whether the job can be claimed within 20 s."""
    for _ in range(200):
        if claimed := job_claim():
            return claimed.id == job.id
        threading.Event().wait(0.1)
    return False


def test_it_is_said_to_postgresql_alone():
    class Other:
        vendor = "sqlite"

    bound_waits(None, connection=Other())
