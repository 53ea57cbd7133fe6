"""What a queue message triggers, with a fast engine and the real lease, storage and database."""

import os
import subprocess
import threading
from datetime import timedelta

import pytest
import soundfile
from django.core.files.storage import default_storage
from django.db import OperationalError
from django.utils import timezone

from audiomusic.engines.base import Cancelled, EngineError
from audiomusic.engines.file_metadata import read_tags
from jobs import tasks
from jobs.models import AudioFile, Job
from jobs.services import job_cancel, job_delete, job_retry
from jobs.storage import takes
from jobs.tasks import make_song, run_pending_jobs
from jobs.worker import lease, process
from jobs.worker.claims import job_claim, leases_sweep
from tests.support.fake_engine import play_until_cancelled
from tests.support.threads import elsewhere

# Real transactions: a thread with its own connection renews the lease.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    monkeypatch.setattr(lease, "HEARTBEAT_S", 0.02)
    yield
    process._stop_byte[0] = 0
    process._is_leaving.clear()


@pytest.fixture(autouse=True)
def storage_folder(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    return tmp_path


def stored_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def raising(error):
    def start(request):
        raise error

    return start


def test_a_waiting_song_is_made_and_kept(make_job):
    job = make_job(batch_size=2, format="mp3")
    assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert (job.status, job.progress, job.attempts) == ("COMPLETED", 100, 1)
    assert [take.seed for take in job.takes.all()] == [7, 8]
    files = AudioFile.objects.filter(take__job=job)
    assert sorted(file.format for file in files) == ["flac", "flac", "mp3", "mp3"]
    for file in files:
        with default_storage.open(file.storage_name) as stored:
            assert abs(soundfile.info(stored).duration - 0.5) < 0.01


def test_the_files_say_what_they_are(make_job):
    job = make_job(display_name="Rain", bpm=90.0)
    run_pending_jobs()
    tags = read_tags(default_storage.path(AudioFile.objects.get(take__job=job).storage_name))
    assert (tags.title, tags.caption, tags.bpm, tags.seed) == ("Rain", "calm piano", 90.0, 7)


def test_one_message_makes_every_waiting_song_and_a_doubled_one_nothing(make_job):
    jobs = [make_job() for _ in range(3)]
    assert run_pending_jobs() == 3
    assert run_pending_jobs() == 0
    assert set(Job.objects.values_list("status", flat=True)) == {"COMPLETED"}
    assert all(job.takes.count() == 1 for job in jobs)


def test_progress_is_written_while_the_engine_computes(make_job, fake_engine):
    job, seen = make_job(batch_size=4), []
    wait = threading.Event()

    def start(request):
        for _ in range(100):
            wait.wait(0.02)
            seen.append(Job.objects.values_list("stage", "lease_until").get(id=job.id))
            if len({row[1] for row in seen}) >= 3:
                return

    fake_engine.on_start = start
    run_pending_jobs()
    assert len({lease_until for _, lease_until in seen}) >= 3  # renewed although the engine reports nothing


def test_a_cancelled_song_stops_and_leaves_nothing(make_job, fake_engine, storage_folder, monkeypatch):
    job = make_job()
    monkeypatch.setattr(
        fake_engine,
        "generate",
        lambda self, request, *, is_cancelled, **rest: (
            elsewhere(lambda: job_cancel(job=Job.objects.get(id=job.id))),
            play_until_cancelled(is_cancelled),
        ),
    )
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.credits_refunded) == ("CANCELLED", 165)
    assert not stored_files(storage_folder)


def test_cancelled_after_the_last_take_is_cancelled_still(make_job, fake_engine, storage_folder):
    job = make_job()
    fake_engine.on_start = lambda request: elsewhere(lambda: job_cancel(job=Job.objects.get(id=job.id)))
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "CANCELLED"
    assert not stored_files(storage_folder)


def test_what_the_engine_refuses_is_told_in_its_own_words(make_job, fake_engine):
    job = make_job()
    fake_engine.on_start = raising(EngineError("The lyrics have no words to sing.", "no_words"))
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "no_words")
    assert job.error_message == "The lyrics have no words to sing."


def test_a_crash_is_a_sentence_for_the_user_and_a_traceback_for_the_log(make_job, fake_engine, caplog):
    job = make_job()
    fake_engine.on_start = raising(ZeroDivisionError("division by zero"))
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_refunded) == ("FAILED", "engine_failed", 165)
    assert "division" not in job.error_message
    assert "ZeroDivisionError" in caplog.text


def test_one_bad_song_does_not_hold_up_the_next(make_job, fake_engine):
    bad, good = make_job(seed=1), make_job(seed=2)

    def start(request):
        if request.seeds == (1,):
            raise RuntimeError("bad")

    fake_engine.on_start = start
    assert run_pending_jobs() == 2
    assert Job.objects.get(id=bad.id).status == "FAILED"
    assert Job.objects.get(id=good.id).status == "COMPLETED"


def test_an_engine_that_is_gone_fails_the_job(make_job):
    job = make_job()
    Job.objects.update(engine="removed")
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "engine_failed")


def test_a_full_disk_fails_the_job(make_job, monkeypatch):
    job = make_job()

    def fail(**kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jobs.tasks.store_take", fail)
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "storage_failed")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 100 kB in place of the storage's folder."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "none", tmp_path], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"only root may mount a small disk: {done.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def test_a_disk_that_is_full_in_the_middle_of_a_file_keeps_nothing(make_job, small_disk, credits_of, owner):
    job = make_job(format="wav")  # the master fits; the other file, of 96 kB, does not
    assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, credits_of(owner)) == ("FAILED", "storage_failed", 10_000)
    assert stored_files(small_disk) == []
    assert not AudioFile.objects.exists()
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    job_retry(job=job)
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    assert len(stored_files(small_disk)) == AudioFile.objects.count() == 2


def test_a_bucket_that_refuses_fails_the_job(make_job, monkeypatch):
    from botocore.exceptions import ClientError

    job = make_job()

    def fail(**kwargs):
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "PutObject")

    monkeypatch.setattr("jobs.tasks.store_take", fail)
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_refunded) == ("FAILED", "storage_failed", 165)


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_database_lost_at_the_end_loses_no_song(make_job, storage_folder, monkeypatch, is_committed):
    """Whether the last commit succeeded is unknown; the rows decide which files stay."""
    job, real, failures = make_job(), tasks.job_finish, []

    def finish(**kwargs):
        if failures:
            return real(**kwargs)
        failures.append(is_committed and real(**kwargs))
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(tasks, "job_finish", finish)
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == ("COMPLETED" if is_committed else "PROCESSING")
    assert len(stored_files(storage_folder)) == is_committed
    Job.objects.filter(status="PROCESSING").update(lease_until=timezone.now() - timedelta(seconds=1))
    leases_sweep()
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    name = AudioFile.objects.get(take__job=job).storage_name
    assert [str(path.relative_to(storage_folder)) for path in stored_files(storage_folder)] == [name]


def test_what_a_killed_worker_stored_goes_when_the_job_ends(make_job, storage_folder):
    job = make_job()
    dead = job_claim(lease_token="a worker that died")
    stray = storage_folder / takes.job_folder(dead) / "0" / "take-1.flac.part"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"fLaC")
    os.utime(stray, (1, 1))
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    leases_sweep()
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    assert not stray.exists()
    assert len(stored_files(storage_folder)) == 1


def test_a_song_that_takes_too_long_is_stopped(make_job, fake_engine, monkeypatch, settings):
    job = make_job()
    settings.TIME_LIMIT = 0
    monkeypatch.setattr(lease, "TIME_ALLOWANCE_S", 0.05)
    monkeypatch.setattr(
        fake_engine,
        "generate",
        lambda self, request, *, is_cancelled, **rest: play_until_cancelled(is_cancelled),
    )
    assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_refunded) == ("FAILED", "timed_out", 165)


def test_longer_songs_may_take_longer(make_job):
    short, long = make_job(duration_s=1.0), make_job(duration_s=60.0, batch_size=2)
    assert lease.time_limit_s(short) == 600 + 60
    assert lease.time_limit_s(long) == 600 + 2 * 60 * 60


def test_an_engine_that_does_not_stop_when_told_costs_the_worker(make_job, fake_engine, monkeypatch):
    job, ended = make_job(), threading.Event()
    monkeypatch.setattr(lease, "time_limit_s", lambda job: 0.0)
    monkeypatch.setattr(lease, "KILL_GRACE_S", 0.05)
    monkeypatch.setattr(lease.os, "_exit", lambda code: ended.set())
    fake_engine.on_start = lambda request: ended.wait(20)
    make_song(job_claim(lease_token="deaf"))
    assert ended.is_set()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "timed_out")


def test_a_job_deleted_while_it_is_made_leaves_no_file(
    make_job, fake_engine, storage_folder, credits_of, owner
):
    job = make_job()
    fake_engine.on_start = lambda request: elsewhere(lambda: job_delete(job=Job.objects.get(id=job.id)))
    assert run_pending_jobs() == 1
    assert not Job.objects.exists()
    assert not stored_files(storage_folder)
    assert credits_of(owner) == 10_000


def test_who_lost_the_lease_leaves_the_job_to_its_new_owner(make_job, fake_engine, storage_folder):
    job = make_job()

    def lose(request):
        past = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(id=job.id).update(lease_until=past, lease_owner="a worker that froze")
        leases_sweep()
        job_claim(lease_token="another")

    fake_engine.on_start = lambda request: elsewhere(lambda: lose(request))
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.lease_owner, job.attempts) == ("PROCESSING", "another", 2)
    assert not stored_files(storage_folder)


def test_a_lapsed_job_is_made_by_the_next_worker(make_job):
    job = make_job()
    job_claim(lease_token="a worker that died")
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    leases_sweep()
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("COMPLETED", 2)


def test_a_stopping_server_gives_the_song_back(make_job, fake_engine, storage_folder, monkeypatch):
    waiting = [make_job(), make_job()]

    def generate(self, request, *, is_cancelled, **rest):
        process.request_stop()
        play_until_cancelled(is_cancelled)

    monkeypatch.setattr(fake_engine, "generate", generate)
    assert run_pending_jobs() == 1
    for job in waiting:
        job.refresh_from_db()
        assert (job.status, job.attempts, job.credits_held) == ("PENDING", 0, 165)
    assert not stored_files(storage_folder)


def test_an_engine_that_stops_of_itself_does_not_go_on_for_ever(make_job, fake_engine):
    job = make_job()
    fake_engine.on_start = raising(Cancelled())
    assert run_pending_jobs() == 3
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "attempts_exhausted")


def test_a_shift_ends_and_rings_for_the_next(make_job, monkeypatch):
    from django_q.models import OrmQ

    monkeypatch.setattr("jobs.tasks.SHIFT_S", -1)
    make_job()
    OrmQ.objects.all().delete()
    assert run_pending_jobs() == 0
    assert OrmQ.objects.count() == 1


def test_a_stuck_engine_costs_the_worker_and_not_the_job(make_job, fake_engine, monkeypatch):
    job, ended = make_job(), threading.Event()
    monkeypatch.setattr(lease, "WATCHDOG_S", 0.05)
    monkeypatch.setattr(lease.os, "_exit", lambda code: ended.set())
    fake_engine.on_start = lambda request: ended.wait(20)
    job = job_claim(lease_token="stuck")
    make_song(job)
    assert ended.is_set()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("PENDING", 1)


def test_a_database_that_is_busy_for_a_moment_stops_no_song(make_job, monkeypatch):
    job, failures = make_job(), []

    def fail(**kwargs):
        failures.append(1)
        raise OperationalError("database is locked")

    monkeypatch.setattr(lease, "job_lease_state", fail)
    monkeypatch.setattr(lease, "job_progress", fail)
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
