"""How each song of a batch ends, on a fake engine."""

import os
import threading
from dataclasses import replace

import pytest
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

from audiomusic.engines.base import Cancelled
from audiomusic.engines.registry import ENGINES, load_engine
from jobs import tasks
from jobs.models import AudioFile, Job
from jobs.storage import takes
from jobs.tasks import run_pending_jobs
from jobs.worker import lease, process
from jobs.worker.batches import finishing, item
from jobs.worker.claims import job_claim
from tests.support.fake_engine import FakeBatchEngine, play_until_cancelled

# Real transactions: threads with their own connections keep leases and files.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def batch_engine(fake_engine, monkeypatch, settings, tmp_path):
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    monkeypatch.setattr(lease, "HEARTBEAT_S", 0.02)
    path = "tests.support.fake_engine:FakeBatchEngine"
    monkeypatch.setitem(ENGINES, "fake", replace(ENGINES["fake"], path=path, makes_batches=True))
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    load_engine.cache_clear()
    yield FakeBatchEngine
    process._stop_byte[0] = 0
    load_engine.cache_clear()


@pytest.fixture
def files(tmp_path):
    """files(): the names of all stored files."""
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def ends():
    """Return (status, error code) of each job, in order."""
    return list(Job.objects.order_by("id").values_list("status", "error_code"))


def known():
    return sorted(AudioFile.objects.values_list("storage_name", flat=True))


def late(monkeypatch, job):
    """Let this job time out as soon as it starts; the others have plenty of time."""
    limit_s = lease.time_limit_s
    monkeypatch.setattr(lease, "time_limit_s", lambda row: -0.1 if row.id == job.id else limit_s(row))


def in_folder_of(job, leaf, *, age_s):
    """Store a file as a worker would that died during the job."""
    name = f"{takes.job_folder(job)}0/{leaf}"
    path = default_storage.path(name)
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.write(b"fLaC")
    then = timezone.now().timestamp() - age_s
    os.utime(path, (then, then))
    return name


def test_a_song_that_takes_too_long_is_stopped_and_the_others_are_made(make_job, monkeypatch, files):
    jobs = [make_job(seed=seed) for seed in (1, 2, 3)]
    late(monkeypatch, jobs[1])
    assert run_pending_jobs() == 3
    assert ends() == [("COMPLETED", ""), ("FAILED", "timed_out"), ("COMPLETED", "")]
    jobs[1].refresh_from_db()
    assert (jobs[1].credits_refunded, jobs[1].credits_held) == (165, 0)
    assert files() == known()


def test_its_time_is_of_its_own_length(make_job, fake_engine, monkeypatch, settings):
    """Both wait for the same batch, which is not too long for the longer song."""
    settings.TIME_LIMIT = 1
    monkeypatch.setattr(lease, "TIME_ALLOWANCE_S", -9.5)
    make_job(duration_s=10.0), make_job(duration_s=60.0)
    fake_engine.on_start = lambda request: request.duration_s == 10.0 and threading.Event().wait(0.6)
    run_pending_jobs()
    assert ends() == [("FAILED", "timed_out"), ("COMPLETED", "")]


def test_a_song_whose_time_is_over_when_it_is_stored_is_thrown_away(make_job, monkeypatch, files):
    """It was made, but its second take came too late."""
    job = make_job(batch_size=2)
    store, is_over = tasks.store_take, []
    monkeypatch.setattr(lease.LeaseKeeper, "lateness_s", property(lambda keeper: 1.0 if is_over else -1.0))

    def store_slowly(**what):
        stored = store(**what)
        is_over.append(stored)
        return stored

    monkeypatch.setattr(finishing, "FINISHING_THREADS", 1)
    monkeypatch.setattr(tasks, "store_take", store_slowly)
    run_pending_jobs()
    assert ends() == [("FAILED", "timed_out")]
    assert len(is_over) == 1 and files() == []
    job.refresh_from_db()
    assert job.credits_refunded == 330


def test_an_engine_that_does_not_stop_when_told_costs_the_worker(make_job, monkeypatch):
    jobs, ended = [make_job(seed=1), make_job(seed=2)], threading.Event()
    late(monkeypatch, jobs[0])
    monkeypatch.setattr(lease, "KILL_GRACE_S", 0.05)
    monkeypatch.setattr(lease.os, "_exit", lambda code: ended.set())
    monkeypatch.setattr(FakeBatchEngine, "make_batch", lambda self, planned: ended.wait(20) and 1 / 0)
    run_pending_jobs()
    assert ended.is_set()
    assert ends()[0] == ("FAILED", "timed_out")  # the other's lease would expire with the process


def test_what_a_killed_worker_stored_goes_before_the_song_is_made_again(make_job, fake_engine):
    make_job()
    stray = in_folder_of(job_claim(lease_token="a worker that died"), "take-1.flac", age_s=60)
    Job.objects.update(status="PENDING", lease_owner="")
    seen = []
    fake_engine.on_start = lambda request: seen.append(default_storage.exists(stray))
    assert run_pending_jobs() == 1
    assert seen == [False]
    assert ends() == [("COMPLETED", "")]


def test_a_storage_that_cannot_be_looked_through_keeps_no_song_from_being_made(make_job, monkeypatch, caplog):
    jobs = [make_job(seed=1), make_job(seed=2)]
    Job.objects.update(attempts=1)

    def refuse(*args, **kwargs):
        raise OSError("the bucket refuses")

    monkeypatch.setattr(takes, "delete_strays", refuse)
    assert run_pending_jobs() == 2
    assert ends() == [("COMPLETED", "")] * 2
    assert f"job {jobs[0].id}: its folder could not be looked through" in caplog.text


def test_a_lost_lease_leaves_no_file(make_job, batch_engine, monkeypatch, files):
    lost = make_job(seed=1)
    make_job(seed=2)
    make_batch = batch_engine.make_batch

    def lose(self, planned):
        Job.objects.filter(id=lost.id).update(lease_owner="another")
        make_batch(self, planned)

    monkeypatch.setattr(batch_engine, "make_batch", lose)
    run_pending_jobs()
    assert ends() == [("PROCESSING", ""), ("COMPLETED", "")]
    assert files() == known()


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_database_lost_at_the_end_of_one_ends_the_others(make_job, monkeypatch, files, is_committed):
    first = make_job(seed=1)
    make_job(seed=2)
    finish = item.job_finish

    def finish_or_fail(*, job, **rest):
        if job.id == first.id:
            if is_committed:
                finish(job=job, **rest)
            raise OperationalError("server closed the connection unexpectedly")
        return finish(job=job, **rest)

    monkeypatch.setattr(item, "job_finish", finish_or_fail)
    run_pending_jobs()
    assert [status for status, _ in ends()] == ["COMPLETED" if is_committed else "PROCESSING", "COMPLETED"]
    assert files() == known()


def test_when_no_end_can_be_written_every_lease_is_let_go(make_job, batch_engine, monkeypatch):
    """No thread may keep renewing a lease: the job would be held until its time limit."""
    make_job(seed=1), make_job(seed=2)

    def fail(**kwargs):
        raise OperationalError("the database is away")

    monkeypatch.setattr(tasks, "job_fail", fail)
    monkeypatch.setattr(batch_engine, "make_batch", lambda self, planned: 1 / 0)
    assert run_pending_jobs() == 2
    assert [status for status, _ in ends()] == ["PROCESSING"] * 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lease of job")]


def test_a_stopping_server_gives_all_back_and_keeps_nothing(make_job, batch_engine, monkeypatch, files):
    make_job(seed=1, batch_size=2), make_job(seed=2)

    def stop(self, planned):
        process.request_stop()
        for order in [each.order for each in planned]:
            try:
                play_until_cancelled(order.is_cancelled)
            except Cancelled as error:
                order.on_error(error)

    monkeypatch.setattr(batch_engine, "make_batch", stop)
    run_pending_jobs()
    assert ends() == [("PENDING", ""), ("PENDING", "")]
    assert set(Job.objects.values_list("attempts", "credits_refunded")) == {(0, 0)}
    assert files() == []
