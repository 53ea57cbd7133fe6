"""A bucket that accepts a connection and never responds, or stops in the middle of a response: the real
client and a real S3 server behind a gate that shuts."""

import threading
import time
from contextlib import contextmanager

import pytest
from botocore.config import Config
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from jobs.models import FILE_MODELS, Job, OrphanFolder
from jobs.services import job_delete, job_retry
from jobs.storage import s3
from jobs.storage.integrity import file_problems
from jobs.storage.links import audio_url
from jobs.storage.orphans import orphans_sweep
from jobs.storage.s3 import CircuitBreaker
from jobs.tasks import run_pending_jobs
from jobs.worker import lease
from tests.support.gate import Gate
from tests.support.object_store import BUCKET, ObjectStore, bucket_at
from tests.support.threads import on_own_connection

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 30  # even a loaded machine answers within this time while the gate is open
SILENCE_S = 0.2  # the timeout for a silent gate, and no other
TOLD = f"The bucket {BUCKET} did not respond within {SILENCE_S} s."
#: How many bytes of a response arrive before the silence.
SILENCES = {"says nothing": 0, "stops in the middle of an answer": 40}


@pytest.fixture(scope="module")
def store():
    running = ObjectStore()
    yield running
    running.close()


@pytest.fixture
def gate(store, settings, monkeypatch):
    """The gate in front of an empty bucket that backs the server's storage."""
    store.empty()
    gate = Gate(store.port)
    backend = bucket_at(f"http://127.0.0.1:{gate.port}", patience_s=PATIENCE_S)
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    monkeypatch.setattr(s3, "REST_S", 0.3)
    monkeypatch.setattr(s3, "OUTCOME_S", 0.3)
    yield gate
    gate.close()


@contextmanager
def silence(gate, after_bytes=0):
    """Silence the gate, with short timeouts for the storage's clients meanwhile."""
    with patience(SILENCE_S), gate.silent(after_bytes):
        yield


@contextmanager
def patience(seconds):
    usual = default_storage.client_config
    try:
        set_config(usual.merge(Config(connect_timeout=seconds, read_timeout=seconds)))
        yield
    finally:
        set_config(usual)


def set_config(config):
    """Drop all clients, because each keeps the timeouts it was created with: threads create new ones."""
    default_storage.client_config = config
    default_storage._connections, default_storage._bucket = threading.local(), None


@pytest.fixture
def long_rest(monkeypatch):
    """No retry happens for the rest of the test."""
    monkeypatch.setattr(s3, "REST_S", 600.0)


def known():
    return sorted(
        name for model in FILE_MODELS for name in model.objects.values_list("storage_name", flat=True)
    )


@pytest.fixture
def song(make_job, gate):
    """A finished song with two takes."""
    make_job(batch_size=2, format="wav")
    run_pending_jobs()
    job = Job.objects.get()
    assert job.status == "COMPLETED", job.error_message
    return job


@pytest.mark.parametrize("after_bytes", SILENCES.values(), ids=SILENCES)
def test_the_song_fails_and_a_retry_makes_it(gate, store, make_job, credits_of, owner, after_bytes):
    job = make_job(batch_size=2)
    with silence(gate, after_bytes):
        assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_held) == ("FAILED", "storage_failed", 0)
    assert credits_of(owner) == 10_000
    assert known() == []
    job_retry(job=job)
    assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    OrphanFolder.objects.update(
        look_at="2020-01-01T00:00:00Z"
    )  # the bucket may have kept files it did not confirm
    orphans_sweep()
    assert store.names() == known() and len(known()) == 2
    assert file_problems() == []


def test_the_next_song_waits_until_it_answers(gate, make_job, long_rest):
    """The next song is of the same worker, in the same run."""
    first, second = make_job(), make_job()
    with silence(gate):
        worker = threading.Thread(target=on_own_connection(run_pending_jobs))
        worker.start()
        while Job.objects.get(id=first.id).status != "FAILED":
            time.sleep(0.02)
    default_storage.silence.note(is_silent=False)
    worker.join()
    second.refresh_from_db()
    assert second.status == "COMPLETED"


def test_another_format_is_refused_in_words_and_what_there_is_can_be_played(gate, song, client):
    with silence(gate):
        answer = client.get(audio_url(song, 1, "mp3", base_url=""))
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_failed")
        assert client.get(audio_url(song, 1, "wav", base_url="")).status_code == 302
    time.sleep(s3.REST_S)
    assert client.get(audio_url(song, 1, "mp3", base_url="")).status_code == 302


def test_a_deleted_songs_files_are_not_each_waited_for(gate, song, store, long_rest):
    with silence(gate):
        job_delete(job=song)
        assert gate.asked == 1
    assert not Job.objects.exists() and len(store.names()) == 4
    default_storage.silence.note(is_silent=False)
    OrphanFolder.objects.update(look_at="2020-01-01T00:00:00Z")
    assert orphans_sweep() == 1
    assert store.names() == []


def test_commands_say_so(gate, song, tmp_path, settings, capsys):
    settings.DATA_DIR = tmp_path
    call_command("backup", tmp_path / "good.tar")
    with silence(gate, 40):
        with pytest.raises(CommandError, match=rf"could not be read from the storage: {TOLD}"):
            call_command("backup", tmp_path / "bad.tar")
        with pytest.raises(CommandError, match=f"Files without a job could not be listed: {TOLD}"):
            call_command("prune", delete=True)
        with pytest.raises(SystemExit):
            call_command("doctor")
        assert f"Storage: 1 wrong.\n  The storage accepts no files: {TOLD}" in capsys.readouterr().out
        assert file_problems() == [f"The files in the storage could not be listed: {TOLD}"]
        with pytest.raises(CommandError, match=f"could not be stored: {TOLD} The rows are as they were"):
            call_command("restore", tmp_path / "good.tar", replace=True)
    assert not (tmp_path / "bad.tar").exists()
    default_storage.silence.note(is_silent=False)
    call_command("restore", tmp_path / "good.tar", replace=True)
    assert file_problems() == []


def test_a_refusal_is_no_silence(gate, long_rest):
    with pytest.raises(FileNotFoundError):
        default_storage.open("nothing")
    assert default_storage.exists("nothing") is False


def test_one_tries_again_for_all(monkeypatch):
    silence = CircuitBreaker()
    assert silence.take_turn() and silence.take_turn()
    monkeypatch.setattr(s3, "REST_S", 600.0)
    silence.note(is_silent=True)
    assert not silence.take_turn()
    monkeypatch.setattr(s3, "REST_S", 0.0)
    silence.note(is_silent=True)
    monkeypatch.setattr(s3, "REST_S", 600.0)
    assert silence.take_turn()  # the time has come: the first caller may try
    assert not silence.take_turn()  # the others wait for its result
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(silence.take_turn(wait_s=60)))
    waiting.start()
    silence.note(is_silent=False)
    waiting.join()
    assert heard == [True]
