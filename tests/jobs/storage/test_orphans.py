"""Files without a row: whatever leaves one records it in the same transaction, and the sweep deletes it."""

import os
from datetime import timedelta
from itertools import count

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from jobs.models import AudioFile, Job, OrphanFolder
from jobs.services import job_cancel, job_delete, job_retry
from jobs.storage import orphans
from jobs.storage.orphans import orphans_due, orphans_sweep
from jobs.storage.takes import COPY_TIME, ensure_format, job_folder, stray_names
from jobs.tasks import run_pending_jobs
from jobs.worker import process
from jobs.worker.claims import job_claim, job_finish, job_release, leases_sweep

pytestmark = pytest.mark.django_db(transaction=True)
ME = "me"


@pytest.fixture(autouse=True)
def storage_folder(settings, tmp_path):
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    return tmp_path


@pytest.fixture
def killed_after_commit(monkeypatch):
    """Simulate a process killed before its on_commit callbacks run."""
    monkeypatch.setattr(transaction, "on_commit", lambda act, **how: None)
    yield
    monkeypatch.undo()


def store(job, leaf="take-1.flac", age_s=60):
    """Store a file for the job without a row."""
    name = default_storage.save(f"{job_folder(job)}0/{leaf}", ContentFile(b"fLaC"))
    then = timezone.now().timestamp() - age_s
    os.utime(default_storage.path(name), (then, then))
    return name


def strays():
    return list(stray_names(older_than=timedelta(0)))


def make_due():
    OrphanFolder.objects.update(look_at=timezone.now() - timedelta(seconds=1))


def lapse(job):
    Job.objects.filter(id=job.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_an_exhausted_jobs_files_go_though_the_worker_is_killed_at_once(
    make_job, settings, killed_after_commit
):
    settings.MAX_ATTEMPTS = 1
    job = make_job()
    job_claim(lease_token="a worker that died")
    store(job)
    lapse(job)
    leases_sweep()
    job.refresh_from_db()
    assert job.error_code == "attempts_exhausted"
    assert strays() and not orphans_due()
    make_due()
    assert orphans_sweep() == 1
    assert strays() == [] and not OrphanFolder.objects.exists()


def test_a_deleted_jobs_files_go_though_the_web_is_killed_at_once(
    make_job, result, stored_take, killed_after_commit
):
    job = make_job()
    job_finish(job=job_claim(lease_token=ME), lease_owner=ME, result=result, takes=[stored_take()])
    name = store(job)
    job.takes.get().files.update(storage_name=name)
    job_delete(job=job)
    make_due()
    assert orphans_sweep() == 1
    assert not default_storage.exists(name)


def test_a_worker_that_gives_a_song_back_and_is_killed_leaves_nothing(make_job, killed_after_commit):
    job = make_job()
    job_release(job=job_claim(lease_token=ME), lease_owner=ME, is_counted=False)
    store(job)
    make_due()
    orphans_sweep()
    assert strays() == []


def test_they_go_at_once_where_nobody_is_killed(make_job):
    job = make_job()
    claimed = job_claim(lease_token=ME)
    store(job)
    job_cancel(job=job)
    lapse(claimed)
    leases_sweep()
    assert strays() == []


def test_what_a_frozen_worker_stores_afterwards_goes_too(make_job, settings):
    job = make_job()
    job_claim(lease_token="frozen")
    lapse(job)
    leases_sweep()
    assert OrphanFolder.objects.get().look_at > timezone.now() + timedelta(seconds=settings.LEASE_S - 5)
    store(job, age_s=0)
    make_due()
    orphans_sweep()
    assert strays() == []


def test_a_song_in_the_making_keeps_its_files(make_job):
    job = make_job()
    lapse(job_claim(lease_token="a worker that died"))
    old = store(job)
    leases_sweep()
    job_claim(lease_token=ME)
    new = store(job, "take-2.flac", age_s=0)
    make_due()
    assert orphans_sweep() == 0  # a file being stored has no row yet
    assert default_storage.exists(new) and not default_storage.exists(old)
    assert not orphans_due() and OrphanFolder.objects.count() == 1


def test_a_retried_song_keeps_its_files(make_job, settings):
    settings.MAX_ATTEMPTS = 1
    job = make_job()
    lapse(job_claim(lease_token="a worker that died"))
    leases_sweep()
    job_retry(job=job)
    job_claim(lease_token=ME)
    new = store(job, age_s=0)
    make_due()
    orphans_sweep()
    assert default_storage.exists(new)


def test_a_sweep_that_is_held_up_takes_nothing_younger(make_job, monkeypatch):
    make_job()
    lapse(job_claim(lease_token="a worker that died"))
    leases_sweep()
    job = job_claim(lease_token=ME)
    new = store(job, age_s=0)
    make_due()
    begin, looks = timezone.now(), count()
    monkeypatch.setattr(timezone, "now", lambda: begin + timedelta(seconds=10 * next(looks)))
    orphans_sweep()
    assert default_storage.exists(new)


def test_files_with_a_row_stay(make_job, result, stored_take):
    make_job()
    lapse(job_claim(lease_token="a worker that died"))
    leases_sweep()
    job = job_claim(lease_token=ME)
    take = stored_take()
    job_finish(job=job, lease_owner=ME, result=result, takes=[take])
    make_due()
    orphans_sweep()
    assert default_storage.exists(take.storage_names[0])
    assert not OrphanFolder.objects.exists()


@pytest.mark.parametrize("what", ["listdir", "delete"])
def test_a_storage_that_refuses_is_asked_again_later(
    make_job, monkeypatch, caplog, what, killed_after_commit
):
    for _ in range(2):
        job = make_job()
        job_claim(lease_token=ME)
        name = store(job)
        job_delete(job=job)
    make_due()
    calls = []

    def refuse(name):
        calls.append(name)
        raise OSError("the bucket refuses")

    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped), what, lambda self, name: refuse(name))
        assert orphans_sweep() == 0
    assert len(calls) == 1  # it stops at the first error
    assert name in strays() and "the bucket refuses" in caplog.text
    assert OrphanFolder.objects.filter(look_at__gt=timezone.now() + orphans.LOOK_AGAIN / 2).count() == 1
    make_due()
    assert orphans_sweep() == 2
    assert strays() == []


def test_the_workers_sweep_clears_them(make_job, killed_after_commit):
    job = make_job()
    job_claim(lease_token=ME)
    store(job)
    job_delete(job=job)
    make_due()
    process._sweep()
    for thread in process.threading.enumerate():
        if thread.name == process.CLEARING:
            thread.join(20)
    assert strays() == []


def test_another_format_whose_maker_is_killed_goes_in_time(make_job, monkeypatch):
    class Killed(BaseException):
        pass

    def be_killed(*args, **kwargs):
        raise Killed

    job = make_job()
    run_pending_jobs()
    take = job.takes.get()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(AudioFile.objects, "create", be_killed)
        ensure_format(take=take, format="ogg")
    [stray] = strays()
    make_due()
    assert orphans_sweep() == 0 and strays() == [stray]  # it may still be in progress
    make_due()
    then = timezone.now() - 2 * COPY_TIME
    Job.objects.update(started_at=then)
    os.utime(default_storage.path(stray), (then.timestamp() + 60,) * 2)
    assert orphans_sweep() == 1
    assert strays() == [] and take.files.count() == 1


def test_another_format_that_was_made_is_not_looked_for(make_job):
    job = make_job()
    run_pending_jobs()
    ensure_format(take=job.takes.get(), format="ogg")
    assert not OrphanFolder.objects.exists()


@pytest.mark.parametrize(
    "delete",
    [lambda user: user.delete(), lambda user: Job.objects.filter(user=user).delete()],
    ids=["with its user", "with others"],
)
def test_files_of_a_job_deleted_with_something_else_are_swept(owner, other, make_job, delete):
    job, kept = make_job(), make_job(user=other)
    store(job)
    kept_name = store(kept)
    delete(owner)
    assert [orphan.job_id for orphan in OrphanFolder.objects.all()] == [job.id]
    assert len(strays()) == 2  # a worker may still hold the job
    make_due()
    assert orphans_sweep() == 1
    assert strays() == [kept_name]


def test_a_deletion_that_fails_leaves_no_note(owner, make_job):
    make_job()
    with pytest.raises(RuntimeError), transaction.atomic():
        owner.delete()
        raise RuntimeError
    assert not OrphanFolder.objects.exists()
