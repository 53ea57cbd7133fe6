"""`/metrics`, read with Prometheus's own parser, and who may read it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from jobs.heartbeat import heartbeat_write
from jobs.models import Job, Status

KEY = "c0ffee" * 8
SONG = {"task": "text2music", "song_type": "song", "display_name": "Name", "model_version": "audiomusic-v2"}


def read(client, **headers):
    """Return (name, labels as a set) -> value."""
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def figure(figures, name, **labels):
    return figures[name, frozenset(labels.items())]


def test_jobs_are_counted_by_status(client, owner, other):
    Job.objects.create(user=owner, status=Status.PENDING, **SONG)
    Job.objects.create(user=other, status=Status.PENDING, **SONG)
    Job.objects.create(user=other, status=Status.COMPLETED, **SONG)
    figures = read(client)
    counts = {status: figure(figures, "audiomusic_jobs", status=status) for status in Status.values}
    assert counts == {"PENDING": 2, "PROCESSING": 0, "COMPLETED": 1, "FAILED": 0, "CANCELLED": 0}


def test_the_queues_age_is_that_of_who_waits_longest(client, owner):
    assert figure(read(client), "audiomusic_queue_oldest_seconds") == 0
    first = Job.objects.create(user=owner, status=Status.PENDING, **SONG)
    Job.objects.create(user=owner, status=Status.PENDING, **SONG)
    Job.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(seconds=300))
    assert 300 <= figure(read(client), "audiomusic_queue_oldest_seconds") < 360


def test_workers_and_their_memory(client, db):
    assert figure(read(client), "audiomusic_workers") == 0
    heartbeat_write()
    figures = read(client)
    assert figure(figures, "audiomusic_workers") == 1
    assert figure(figures, "audiomusic_workers_memory_bytes") > 1_000_000


def test_speed_and_stages_are_those_of_the_last_hour(client, owner):
    done = {**SONG, "user": owner, "status": Status.COMPLETED, "duration_s": 30.0}
    Job.objects.create(**done, batch_size=2, stage_s={"planning": 1.0, "rendering": 5.0})
    Job.objects.create(**done, stage_s={"planning": 1.0, "rendering": 2.0})
    old = Job.objects.create(**done, stage_s={"rendering": 1000.0})
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    figures = read(client)
    assert figure(figures, "audiomusic_recent_audio_seconds_per_second") == 10  # 90 s in 9 s
    assert figure(figures, "audiomusic_recent_stage_seconds", stage="rendering") == 3.5


def test_failures_are_told_by_their_code(client, owner):
    for code in ("timed_out", "timed_out", "storage_failed"):
        Job.objects.create(user=owner, status=Status.FAILED, error_code=code, **SONG)
    figures = read(client)
    assert figure(figures, "audiomusic_recent_failures", code="timed_out") == 2
    assert figure(figures, "audiomusic_recent_failures", code="storage_failed") == 1


def test_answers_are_counted_by_the_name_of_their_address(client, owner):
    labels = {"method": "GET", "view": "shared", "status": "404"}
    key = ("audiomusic_http_requests_total", frozenset(labels.items()))
    before = read(client).get(key, 0)
    client.get("/s/a-secret-word")
    figures = read(client)
    assert figures[key] == before + 1
    assert not any("a-secret-word" in str(name) for name in figures)


def test_a_method_that_somebody_made_up_is_no_series_of_its_own(client, db):
    client.generic("BREW", "/healthz")
    methods = {dict(labels).get("method") for _, labels in read(client)}
    assert "OTHER" in methods and "BREW" not in methods


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},  # as a proxy on this machine sends it
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"headers": {"Via": "1.1 proxy"}},
    ],
)
def test_without_a_key_this_machine_alone_reads_them(client, db, headers):
    assert client.get("/metrics", **headers).status_code == 404


def test_with_a_key_whoever_sends_it_reads_them(client, db, settings):
    settings.METRICS_KEY = KEY
    read(client, REMOTE_ADDR="203.0.113.9", headers={"Authorization": f"Bearer {KEY}"})


@pytest.mark.parametrize("sent", ["", f"Bearer {KEY}x", f"Basic {KEY}", "Bearer", "Bearer ü"])
def test_with_a_key_this_machine_needs_it_too(client, db, settings, sent):
    settings.METRICS_KEY = KEY
    headers = {"Authorization": sent} if sent else {}
    assert client.get("/metrics", headers=headers).status_code == 404


def test_the_figures_of_jobs_take_few_queries(client, owner, django_assert_max_num_queries):
    for _ in range(20):
        Job.objects.create(user=owner, status=Status.COMPLETED, stage_s={"planning": 1.0}, **SONG)
    with django_assert_max_num_queries(6):
        read(client)
