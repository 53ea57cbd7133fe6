"""Deleting old jobs and orphaned files from the command line."""

import os
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_q.models import Failure

from audiomusic.accounts.models import SecurityEvent
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from jobs.models import AudioFile, Job, WebhookDelivery
from jobs.webhooks.services import endpoint_create, endpoint_test
from jobs.worker.claims import job_claim, job_finish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_folder")]


@pytest.fixture
def old(make_job, result, stored_take):
    make_job()
    job = job_claim(lease_token="me")
    job_finish(job=job, lease_owner="me", result=result, takes=[stored_take()])
    Job.objects.update(completed_at=timezone.now() - timedelta(days=40))
    return job


def store(name, *, age_s):
    name = default_storage.save(name, ContentFile(b"x"))
    then = time.time() - age_s
    os.utime(default_storage.path(name), (then, then))
    return name


def test_it_only_tells_unless_told_to_delete(old, capsys):
    stray = store("2026/01/9/lost.flac", age_s=200_000)
    call_command("prune", older_than=30)
    nothing_more = "0 webhook deliveries, 0 worker errors, 0 copies"
    assert f"Would remove 1 jobs, {nothing_more} and 1 files without a job." in capsys.readouterr().out
    assert Job.objects.exists()
    assert default_storage.exists(stray)


def test_old_finished_jobs_go_with_their_files(old, django_capture_on_commit_callbacks):
    name = old.takes.get().files.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        call_command("prune", older_than=30, delete=True)
    assert not Job.objects.exists()
    assert not default_storage.exists(name)


def test_younger_and_unfinished_jobs_stay(old, make_job):
    waiting = make_job()
    Job.objects.filter(id=waiting.id).update(created_at=timezone.now() - timedelta(days=90))
    call_command("prune", older_than=50, delete=True)
    assert Job.objects.count() == 2


def test_files_without_a_job_go_and_others_stay(old):
    stray, young = store("a/lost.flac", age_s=200_000), store("a/being-made.flac", age_s=60)
    known = old.takes.get().files.get().storage_name
    os.utime(default_storage.path(known), (0, 0))
    call_command("prune", delete=True)
    assert [default_storage.exists(name) for name in (stray, young, known)] == [False, True, True]


def test_an_empty_server_has_nothing_to_prune(capsys):
    call_command("prune", older_than=1, delete=True)
    told = capsys.readouterr().out
    assert "Removed 0 jobs, 0 webhook deliveries, 0 worker errors, 0 copies and 0 files" in told


def test_old_copies_in_other_formats_go_and_what_was_asked_for_stays(old):
    take, names = old.takes.get(), {}
    Job.objects.update(format="mp3")
    for format in ("mp3", "ogg", "wav"):
        names[format] = store(f"a/take-1.{format}", age_s=0)
        AudioFile.objects.create(take=take, format=format, storage_name=names[format], byte_count=1)
    AudioFile.objects.exclude(format="wav").update(created_at=timezone.now() - timedelta(days=40))
    call_command("prune", copies_older_than=30)
    assert take.files.count() == 4
    call_command("prune", copies_older_than=30, delete=True)
    assert sorted(take.files.values_list("format", flat=True)) == ["flac", "mp3", "wav"]
    assert [default_storage.exists(names[format]) for format in names] == [True, False, True]


def test_old_deliveries_go_and_those_that_wait_stay(owner):
    endpoint = endpoint_create(user=owner, url="https://example.org/", events=["webhook.test"])
    ids = [endpoint_test(endpoint=endpoint).id for _ in range(3)]
    WebhookDelivery.objects.exclude(id=ids[0]).update(status="delivered")
    WebhookDelivery.objects.exclude(id=ids[2]).update(created_at=timezone.now() - timedelta(days=40))
    call_command("prune", older_than=30, delete=True)
    assert list(WebhookDelivery.objects.order_by("id").values_list("id", flat=True)) == [ids[0], ids[2]]


def test_old_failures_of_workers_go(db):
    for name, age_days in (("old", 40), ("new", 1)):
        then = timezone.now() - timedelta(days=age_days)
        Failure.objects.create(id=name, name="x", func="x", success=False, started=then, stopped=then)
    call_command("prune", older_than=30, delete=True)
    assert list(Failure.objects.values_list("id", flat=True)) == ["new"]


def test_old_security_events_go_where_they_are_asked_for(owner, capsys):
    for kind, age_days in ((Kind.SIGNED_IN, 31), (Kind.SIGNED_OUT, 29)):
        event = security_event_record(kind=kind, user=owner)
        then = timezone.now() - timedelta(days=age_days)
        SecurityEvent.objects.filter(pk=event.pk).update(at=then)
    call_command("prune", older_than=1, delete=True)
    assert "security events" not in capsys.readouterr().out
    call_command("prune", "--events-older-than=30")
    assert "1 security events" in capsys.readouterr().out
    assert SecurityEvent.objects.filter(kind="signed_in").exists()
    call_command("prune", "--events-older-than=30", "--delete")
    assert "Removed 0 jobs, 0 webhook deliveries, 0 worker errors, 1 security events" in (
        capsys.readouterr().out
    )
    kinds = SecurityEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["account_made", "signed_out"]


@pytest.mark.parametrize("days", ["0", "-3", "many"])
def test_a_wrong_age_is_refused(days):
    with pytest.raises(CommandError, match="a whole number of days"):
        call_command("prune", f"--older-than={days}")


def test_a_song_that_another_job_needs_is_kept_and_told(old, owner, make_job, capsys):
    stem = make_job()
    Job.objects.filter(id=stem.id).update(source_job=old)
    call_command("prune", older_than=30, delete=True)
    told = capsys.readouterr().out
    assert f"kept: Job {old.id} is the source of job {stem.id}" in told and "Removed 0 jobs" in told
    assert Job.objects.filter(id=old.id).exists()
