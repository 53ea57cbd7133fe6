"""Songs stored in a bucket, with the real client and a real S3 server on loopback."""

import io
import urllib.request
from datetime import timedelta
from urllib.error import HTTPError

import pytest
import soundfile
from django.core.files.storage import default_storage
from django.core.management import call_command

from jobs.models import AudioFile, Job, OrphanFolder, ScoreFile
from jobs.services import job_delete, job_retry
from jobs.storage.integrity import file_problems
from jobs.storage.links import audio_url
from jobs.storage.orphans import orphans_sweep
from jobs.storage.takes import ensure_format
from jobs.tasks import run_pending_jobs
from jobs.worker import lease
from tests.support.object_store import BUCKET, ObjectStore, bucket_at
from tests.support.recordings import SCORE, new_job, recorded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running_store():
    store = ObjectStore()
    yield store
    store.close()


@pytest.fixture
def store(running_store, settings, monkeypatch):
    """An empty bucket that backs the server's storage."""
    running_store.empty()
    settings.STORAGES = {**settings.STORAGES, "default": bucket_at(running_store.url, patience_s=10)}
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    return running_store


def fetch(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.status, answer.headers, answer.read()


def known():
    return sorted(
        name
        for model in (AudioFile, ScoreFile)
        for name in model.objects.values_list("storage_name", flat=True)
    )


def test_a_song_is_made_played_and_deleted(store, make_job, client):
    known_before = {
        "bpm": 97.0,
        "keyscale": "A Minor",
        "vocal_language": "en",
    }  # so its tags are right from the start
    job = make_job(format="wav", display_name="Night Train", **known_before)
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    assert store.names() == known() and len(known()) == 2
    assert file_problems() == []

    redirect = client.get(audio_url(job, 1, "wav", base_url=""))
    assert redirect.status_code == 302
    status, headers, content = fetch(redirect["Location"])
    assert (status, headers["Content-Type"]) == (200, "audio/wav")
    assert "Night Train.wav" in headers["Content-Disposition"]
    assert soundfile.info(io.BytesIO(content)).duration == pytest.approx(0.5, abs=0.01)
    status, _, part = fetch(redirect["Location"], Range="bytes=100-199")
    assert (status, part) == (206, content[100:200])

    made = client.get(audio_url(job, 1, "mp3", base_url=""))
    assert fetch(made["Location"])[1]["Content-Type"] == "audio/mpeg"
    assert len(store.names()) == 3 and not OrphanFolder.objects.exists()

    job_delete(job=job)
    assert store.names() == []
    with pytest.raises(HTTPError, match="40[34]"):
        fetch(redirect["Location"])


def test_a_bucket_that_is_away_fails_the_song_and_a_retry_makes_it(store, make_job, credits_of, owner):
    job = make_job()
    with store.away():
        assert run_pending_jobs() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_refunded) == ("FAILED", "storage_failed", 165)
    assert credits_of(owner) == 10_000
    job_retry(job=job)
    run_pending_jobs()
    job.refresh_from_db()
    assert job.status == "COMPLETED"
    assert store.names() == known()
    assert job.credits_charged > 0 and credits_of(owner) == 10_000 - job.credits_charged


def test_a_bucket_that_is_gone_fails_the_song(store, make_job):
    job = make_job()
    store.client.delete_bucket(Bucket=BUCKET)
    try:
        run_pending_jobs()
    finally:
        store.client.create_bucket(Bucket=BUCKET)
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "storage_failed")


def test_what_could_not_be_deleted_is_deleted_later(store, make_job):
    job = make_job()
    run_pending_jobs()
    with store.away():
        job_delete(job=job)
        assert not Job.objects.exists()
        OrphanFolder.objects.update(look_at="2020-01-01T00:00:00Z")
        assert orphans_sweep() == 0
    assert len(store.names()) == 1
    OrphanFolder.objects.update(look_at="2020-01-01T00:00:00Z")
    assert orphans_sweep() == 1
    assert store.names() == [] and not OrphanFolder.objects.exists()


def test_songs_and_scores_come_back_from_a_backup(store, owner, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    take = recorded(new_job(owner), score=SCORE)
    ensure_format(take=take, format="ogg")
    before = {name: default_storage.open(name).read() for name in known()}
    assert len(before) == 4
    call_command("backup", tmp_path / "copy.tar")
    job_delete(job=Job.objects.get())
    assert store.names() == []
    call_command("restore", tmp_path / "copy.tar", replace=True)
    assert store.names() == known() == sorted(before)
    assert {name: default_storage.open(name).read() for name in known()} == before
    assert file_problems() == []


def test_files_that_no_row_knows_are_found(store, make_job):
    make_job()
    run_pending_jobs()
    store.client.put_object(Bucket=BUCKET, Key="2026/01/9/0/take-1.flac", Body=b"fLaC")
    assert file_problems(stray_age=timedelta(days=-1)) == [
        "The file 2026/01/9/0/take-1.flac belongs to no job; prune removes it."
    ]
