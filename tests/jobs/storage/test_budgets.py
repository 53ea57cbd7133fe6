"""Space for a new song: within its owner's quota, also with concurrent requests, and on the disk."""

from types import SimpleNamespace

import pytest

from audiomusic.accounts.models import CreditEntry
from jobs.models import Job
from jobs.services import job_cancel, job_delete, job_retry
from jobs.storage import budgets
from jobs.storage.budgets import DiskAlmostFull, StorageBudgetReached, bytes_to_reserve
from jobs.storage.usage import storage_use
from jobs.tasks import run_pending_jobs
from jobs.worker.claims import job_claim, job_fail
from tests.jobs.test_services_races import race
from tests.support.recordings import new_job, recorded

A_JOB = bytes_to_reserve(duration_s=10.0, takes=1, format="flac")
AT_ONCE = 8


@pytest.fixture
def room_for(settings, owner):
    """room_for(jobs): set the owner's quota to what this many jobs of 10 s may store."""

    def allow(jobs):
        owner.storage_limit_mb = -(-jobs * A_JOB // 1_000_000)
        owner.save()

    return allow


@pytest.mark.django_db(transaction=True)
def test_a_song_reserves_at_least_what_it_will_store(make_job, owner):
    for format in ("flac", "wav", "mp3", "ogg"):
        job = make_job(format=format, batch_size=2)
        assert storage_use(owner).reserved == job.bytes_reserved
        before = storage_use(owner).kept
        assert run_pending_jobs() == 1
        use = storage_use(owner)
        assert use.reserved == 0
        assert 0 < use.kept - before <= job.bytes_reserved


@pytest.mark.django_db
def test_jobs_in_line_count_and_one_too_many_leaves_nothing(make_job, room_for, credits_of, owner):
    room_for(2)
    make_job()
    job_claim()  # running jobs count too
    make_job()
    left = credits_of(owner)
    with pytest.raises(
        StorageBudgetReached, match=r"can need up to 3 MB, but only 0 B of your 6 MB are left"
    ):
        make_job()
    assert (Job.objects.count(), credits_of(owner)) == (2, left)


@pytest.mark.django_db
def test_what_is_stored_counts_and_deleting_it_gives_room(make_job, room_for, owner):
    room_for(1)
    kept = recorded(new_job(owner))
    kept.files.update(byte_count=2_500_000)
    with pytest.raises(StorageBudgetReached):
        make_job()
    job_delete(job=kept.job)
    make_job()


@pytest.mark.django_db
def test_a_cancelled_song_gives_its_room_back(make_job, room_for):
    room_for(1)
    job = make_job()
    with pytest.raises(StorageBudgetReached):
        make_job()
    job_cancel(job=job)
    make_job()


@pytest.mark.django_db
def test_a_retry_must_find_room_too(make_job, room_for, owner):
    room_for(1)
    failed = make_job()
    claimed = job_claim(lease_token="me")
    job_fail(job=claimed, lease_owner="me", code="x", message="x")
    waiting = make_job()
    with pytest.raises(StorageBudgetReached):
        job_retry(job=failed)
    failed.refresh_from_db()
    assert failed.status == "FAILED"
    job_cancel(job=waiting)
    assert job_retry(job=failed).status == "PENDING"


@pytest.mark.django_db
def test_a_job_from_before_budgets_reserves_when_it_is_retried(make_job, owner):
    job = make_job()
    Job.objects.update(bytes_reserved=None, status="FAILED")
    job.refresh_from_db()
    assert storage_use(owner).reserved == 0
    assert job_retry(job=job).bytes_reserved == A_JOB


@pytest.mark.django_db
def test_without_a_limit_nothing_is_refused(make_job, settings, owner):
    settings.STORAGE_PER_USER = "off"
    recorded(new_job(owner)).files.update(byte_count=10**15)
    make_job()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["new", "retried"])
def test_none_slips_through_beside_the_others(make_job, room_for, owner, kind):
    """Eight concurrent requests where three fit."""
    if kind == "retried":
        jobs = [make_job() for _ in range(AT_ONCE)]
        Job.objects.update(status="FAILED")
        acts = [lambda job=job: job_retry(job=Job.objects.get(id=job.id)) for job in jobs]
    else:
        acts = [make_job] * AT_ONCE
    room_for(3)
    results = race(*acts)
    refused = [result for result in results if isinstance(result, StorageBudgetReached)]
    assert [type(result) for result in results if result not in refused] == [Job] * 3
    assert len(refused) == AT_ONCE - 3
    use = storage_use(owner)
    assert use.used <= use.allowed


# The disk


@pytest.fixture
def small_disk(settings, monkeypatch):
    settings.MIN_FREE_DISK = "1GB"
    usage = SimpleNamespace(free=999_999_999)
    monkeypatch.setattr(budgets.shutil, "disk_usage", lambda path: usage)
    return usage


@pytest.mark.django_db
def test_below_the_floor_no_new_job_is_taken_and_nothing_charged(make_job, small_disk, credits_of, owner):
    with pytest.raises(DiskAlmostFull, match="disk is almost full"):
        make_job()
    assert not Job.objects.exists()
    assert not CreditEntry.objects.filter(kind="reserve").exists()
    small_disk.free += 1
    make_job()


@pytest.mark.django_db
def test_below_the_floor_nothing_is_retried(make_job, settings, small_disk):
    settings.MIN_FREE_DISK = "off"
    job = make_job()
    Job.objects.update(status="FAILED")
    settings.MIN_FREE_DISK = "1GB"
    with pytest.raises(DiskAlmostFull):
        job_retry(job=job)


@pytest.mark.django_db(transaction=True)
def test_what_is_made_already_is_finished(make_job, settings, small_disk):
    settings.MIN_FREE_DISK = "off"
    job = make_job()
    settings.MIN_FREE_DISK = "1GB"
    assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert job.status == "COMPLETED"


@pytest.mark.django_db
def test_a_bucket_has_no_floor(make_job, small_disk, monkeypatch):
    monkeypatch.setattr(budgets, "default_storage", object())
    make_job()


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    assert budgets._nearest(tmp_path / "a" / "b") == tmp_path
