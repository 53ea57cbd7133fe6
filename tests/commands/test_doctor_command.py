import os
import shutil
import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.utils import timezone

from audiomusic.accounts.models import CreditAccount
from jobs import health
from jobs.heartbeat import heartbeat_write
from jobs.models import (
    AudioFile,
    Job,
    JobCount,
    JobTag,
    StorageTotal,
    Take,
    WebhookDelivery,
    WorkerHeartbeat,
)
from jobs.webhooks.services import endpoint_create, endpoint_test
from library.listening.services import play_record, stars_set
from library.models import Reaction
from tests.jobs.api.conftest import job_row  # noqa: F401
from tests.support import language_model_server as fake
from tests.support.acestep_faults import FAULTS
from tests.support.acestep_weights import turbo_folder  # noqa: F401
from tests.support.recordings import SCORE, new_job, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor():
    """doctor(): return the command's output and whether it exits with 0."""

    def run():
        out = StringIO()
        try:
            call_command("doctor", stdout=out)
        except SystemExit as end:
            return out.getvalue(), end.code == 0
        return out.getvalue(), True

    return run


@pytest.fixture
def jobs(owner, job_row):  # noqa: F811
    heartbeat_write()  # a worker is alive for the waiting job
    rows = [job_row(owner), job_row(owner, status="COMPLETED", vocal_language="en")]
    for job in rows:
        JobTag.objects.create(job=job, user=owner, created_at=job.created_at, kind="genre", value="Jazz")
    return rows


def test_it_is_content_with_what_the_services_and_triggers_leave(jobs, doctor):
    assert doctor() == (
        "Database: in order.\nStorage: in order.\nQueue: in order.\nDisk space: in order.\nWorkers: in "
        "order.\n"
        "Credits: in order.\nFiles: in order.\nJobs: in order.\nLikes: in order.\nSinging: in order.\n"
        "Counts: in order.\nTexts: in order.\nWebhooks: in order.\n",
        True,
    )


def test_it_prints_each_count_that_drifted(owner, jobs, doctor):
    JobCount.objects.filter(kind="genre", status="COMPLETED").update(count=4)
    words, is_content = doctor()
    assert not is_content and "Counts: 1 wrong." in words
    assert (
        f"User {owner.id} has 1 jobs with genre 'Jazz' text2music song COMPLETED, but the stored counts "
        "say 4." in words
    )


def test_it_finds_rows_written_past_the_triggers(owner, jobs, doctor):
    sql = {
        "sqlite": "DROP TRIGGER tally_tag_insert",
        "postgresql": "DROP TRIGGER tally_tag_insert ON jobs_jobtag",
    }
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
    JobTag.objects.create(
        job=jobs[0], user=owner, created_at=jobs[0].created_at, kind="emotion", value="Calm"
    )
    words, is_content = doctor()
    assert not is_content and "Counts: 2 wrong." in words
    assert "The trigger tally_tag_insert is missing" in words
    assert "has 1 jobs with emotion 'Calm' text2music song PENDING, but the stored counts say 0." in words


def test_it_finds_a_balance_that_does_not_add_up(owner, doctor):
    CreditAccount.objects.update_or_create(user=owner, defaults={"balance": 7})
    words, is_content = doctor()
    assert not is_content and "olive has 7 credits" in words


def test_it_finds_jobs_that_no_service_leaves_so(owner, other, jobs, doctor):
    Take.objects.all().delete()
    jobs[1].credits_reserved = 165
    jobs[1].save()
    JobTag.objects.filter(job=jobs[0]).update(user=other)
    words, is_content = doctor()
    assert not is_content and "Jobs: 3 wrong." in words
    assert f"Job {jobs[1].id} is COMPLETED but has no take." in words
    assert f"Job {jobs[1].id} is COMPLETED, but holds 165 credits." in words
    assert f"Job {jobs[0].id} is tagged with genre 'Jazz' for another user or time than its own." in words


def test_it_finds_rows_without_a_file_and_files_without_a_row(jobs, doctor, settings, tmp_path):
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    take = Take.objects.get(job=jobs[1])
    AudioFile.objects.create(take=take, format="flac", storage_name="a/gone.flac", byte_count=1)
    for name, age_s in (("stray.flac", 200_000), ("being-made.flac", 60)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    words, is_content = doctor()
    assert not is_content and "Files: 2 wrong." in words
    assert "File a/gone.flac is not in the storage." in words
    assert "The file stray.flac belongs to no job; prune removes it." in words


def test_it_finds_events_that_nobody_sends(owner, doctor):
    endpoint = endpoint_create(user=owner, url="https://example.org/", events=["webhook.test"])
    endpoint_test(endpoint=endpoint)
    assert doctor()[1]
    WebhookDelivery.objects.update(next_try_at=timezone.now() - timedelta(hours=1))
    words, is_content = doctor()
    assert not is_content
    assert "Events for https://example.org/ wait to be sent, but no worker sends them." in words


def test_it_finds_likes_that_are_not_their_jobs(other, jobs, doctor):
    job = jobs[0]
    Reaction.objects.create(job=job, user=other, value="like", job_created_at=job.created_at)
    words, is_content = doctor()
    assert not is_content and f"otto's like of job {job.id} has another owner or time than the job." in words


def test_it_misses_each_lost_and_changed_file(owner, doctor):
    take = recorded(new_job(owner), score=SCORE)
    lost, changed = take.score_files.get(format="midi"), take.files.get()
    default_storage.delete(lost.storage_name)
    AudioFile.objects.update(byte_count=1)
    words, is_content = doctor()
    assert not is_content and "Files: 2 wrong." in words
    assert f"File {lost.storage_name} is not in the storage." in words
    assert f"File {changed.storage_name} has {changed.byte_count} bytes, but its row says 1." in words


def test_it_finds_a_take_that_is_wrong_about_its_score(owner, doctor):
    take = recorded(new_job(owner), score=SCORE)
    Take.objects.update(has_score=False)
    assert f"Take 1 of job {take.job_id} hides its score." in doctor()[0]
    take.score_files.all().delete()
    Take.objects.update(has_score=True)
    assert f"Take 1 of job {take.job_id} says it has a score, but has no file of it." in doctor()[0]


# The services that the server depends on


class Away(Exception):
    """The exception of an unavailable service."""


def away(*args, **kwargs):
    raise Away("connection refused\nand much more")


def test_it_says_that_the_database_is_gone_and_looks_at_nothing_in_it(doctor, monkeypatch):
    monkeypatch.setattr(health, "MigrationExecutor", away)
    words, is_content = doctor()
    assert not is_content
    assert "Database: 1 wrong.\n  The database does not respond: connection refused\n" in words
    assert "Storage: in order.\nQueue: not checked (Database).\nDisk space: in order.\n" in words
    assert "Workers: not checked (Database)." in words and "Credits: not checked (Database)." in words


def test_it_says_that_tables_are_of_another_version(doctor, db):
    [(_, last)] = MigrationLoader(connection).graph.leaf_nodes("jobs")
    MigrationRecorder.Migration.objects.filter(app="jobs", name=last).delete()
    words, is_content = doctor()
    assert not is_content and f"1 migrations are missing (jobs {last}); serve makes them." in words


def test_it_says_that_the_storage_is_gone_and_misses_no_file_in_it(jobs, doctor, monkeypatch):
    monkeypatch.setattr(type(default_storage._wrapped), "save", away)
    AudioFile.objects.create(take=Take.objects.get(job=jobs[1]), format="mp3", storage_name="x", byte_count=1)
    words, is_content = doctor()
    assert not is_content and "The storage accepts no files: connection refused" in words
    assert "Files: not checked (Storage)." in words and "Credits: in order." in words


def test_it_leaves_nothing_in_the_storage(doctor):
    doctor()
    assert default_storage.listdir(health.PROBE_FOLDER)[1] == []


def test_it_says_that_queue_and_counter_are_gone(doctor, monkeypatch):
    monkeypatch.setattr(health, "get_broker", away)
    words, is_content = doctor()
    assert not is_content and "Queue: 1 wrong.\n  The queue does not respond: connection refused" in words
    monkeypatch.setattr(health, "cache", SimpleNamespace(get=away))
    assert "The counter of calls does not respond: connection refused" in doctor()[0]


def test_it_says_that_the_disk_is_nearly_full(doctor, monkeypatch):
    usage = SimpleNamespace(free=12_000_000)
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage)
    words, is_content = doctor()
    assert not is_content and "Expected at least 500 MB free at " in words and "got 12." in words


def test_it_says_that_songs_wait_and_nobody_makes_them(jobs, doctor):
    WorkerHeartbeat.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    words, is_content = doctor()
    assert not is_content and "1 songs are waiting, but no worker is running." in words


@pytest.mark.parametrize("fault", FAULTS)
def test_it_tells_what_is_wrong_with_the_weights(fault, doctor, settings, turbo_folder, tmp_path):  # noqa: F811
    spoil, words = FAULTS[fault]
    settings.ACESTEP_DIR = str(shutil.copytree(turbo_folder, tmp_path / "weights"))
    told, is_content = doctor()
    assert is_content and "Weights: in order." in told
    spoil(tmp_path / "weights")
    told, is_content = doctor()
    assert not is_content and "Weights: 1 wrong." in told and words in told


def test_it_tells_what_is_wrong_with_the_language_model(doctor, settings, turbo_folder, tmp_path):  # noqa: F811
    settings.ACESTEP_DIR, settings.ACESTEP_PLANNER_DIR = str(turbo_folder), str(tmp_path / "planner")
    for make, words in (
        (lambda folder: None, "There is no folder"),
        (lambda folder: folder.mkdir(), "cannot be read as JSON"),
        (
            lambda folder: (folder / "config.json").write_text('{"model_type": "llama"}'),
            "a llama model",
        ),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 20), "is cut off"),
    ):
        make(tmp_path / "planner")
        told, is_content = doctor()
        assert not is_content and words in told


def test_it_asks_whether_the_language_model_is_there(doctor, settings):
    assert "Language model" not in doctor()[0]
    with fake.LanguageModelServer() as server:
        settings.LLM_URL, settings.LLM_MODEL, settings.LLM_TIMEOUT_S = server.url, fake.MODEL, "5"
        told, is_content = doctor()
        assert is_content and "Language model: in order." in told
        settings.LLM_MODEL = "qwen3:8b"
        told, is_content = doctor()
        assert not is_content and "no model called 'qwen3:8b'; it lists: singer-1b, other." in told
        server.listed = []  # some servers list no models
        assert doctor()[1]
        settings.LLM_MODEL = ""
        assert "got one of them" in doctor()[0]
    settings.LLM_MODEL = fake.MODEL
    told, is_content = doctor()
    assert not is_content and "cannot be reached" in told


def test_it_says_that_a_users_stored_bytes_are_wrongly_totalled(jobs, doctor, owner):
    take = Take.objects.get(job=jobs[1])
    take.files.create(format="ogg", storage_name="y", byte_count=5, sha256="")
    StorageTotal.objects.filter(user=owner).update(byte_count=F("byte_count") + 1)
    assert f"Counts: 1 wrong.\n  User {owner.pk} has " in doctor()[0]


@pytest.mark.parametrize(("count", "said"), [(2, 2), (None, 0)])
def test_it_finds_a_song_whose_plays_are_not_those_of_its_takes(jobs, doctor, owner, count, said):
    song = jobs[1]
    for _ in range(3):
        play_record(user=owner, take=song.takes.get())
    assert "Counts: in order." in doctor()[0]
    Job.objects.filter(id=song.id).update(play_count=count)
    words, is_content = doctor()
    sentence = f"Job {song.id} was played 3 times by its takes, but its own count says {said}."
    assert not is_content and f"Counts: 1 wrong.\n  {sentence}" in words


def test_it_finds_plays_that_no_take_has_and_no_fault_in_stars(jobs, doctor, owner):
    stars_set(user=owner, take=jobs[1].takes.get(), stars=4)
    assert "Counts: in order." in doctor()[0]
    Job.objects.filter(id=jobs[1].id).update(play_count=1)
    assert f"Job {jobs[1].id} was played 0 times by its takes, but its own count says 1." in doctor()[0]
