from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.heartbeat import heartbeat_write, live_workers
from jobs.models import WorkerHeartbeat

ADDRESS = "/api/v1/music/model/status"


def test_it_is_healthy_with_a_live_worker(api, owner, job_row):
    heartbeat_write()
    job_row(owner)
    body = api.get(ADDRESS).json()
    assert (body["health"], body["reason"], body["live_workers"]) == ("healthy", None, 1)
    assert body["queue_depth"] == 1 and body["jobs_being_made"] == 0
    assert body["engine"] == "studio" and body["version"]
    assert body["memory"]["workers_bytes"] > 1_000_000
    assert body["engines"][0]["name"] == "studio" and "text2rap" in body["engines"][0]["tasks"]


def test_it_tells_what_may_be_asked_for(api):
    capabilities = api.get(ADDRESS).json()["capabilities"]
    assert capabilities["formats"] == ["flac", "wav", "mp3", "ogg"]
    limits = {row["name"]: row for row in capabilities["limits"]["text2samples"]}
    assert limits["duration"]["maximum"] == 120 and limits["duration"]["default"] == -1
    assert limits["bpm"]["aliases"] == ["tempo"] and limits["caption"]["required"] is True


def test_it_tells_what_each_engine_can_do_to_songs(api):
    body = api.get(ADDRESS).json()
    tools = {engine["name"]: engine["tools"] for engine in body["engines"]}
    names = ["extract", "cover", "reference", "retake", "repaint", "extend", "edit"]
    both = ("extract", "cover", "reference", "repaint", "extend")
    assert tools["studio"] == [
        {"name": name, "sources": ["own", "foreign"] if name in both else ["own"]} for name in names
    ]
    assert {"name": "repaint", "sources": ["own", "foreign"]} in tools["acestep"]
    assert body["capabilities"]["tools"] == names
    [row] = [row for row in body["capabilities"]["limits"]["extract"] if row["name"] == "track_name"]
    assert len(row["choices"]) == 12


def test_it_is_unavailable_without_a_worker(api):
    WorkerHeartbeat.objects.create(name="old/1", beat_at=timezone.now() - timedelta(minutes=1))
    body = api.get(ADDRESS).json()
    assert (body["health"], body["live_workers"], body["loaded"]) == ("unavailable", 0, False)
    assert body["reason"] == "No worker is running; jobs wait until one starts."


def test_it_is_degraded_when_a_job_lost_its_worker(api, owner, job_row):
    heartbeat_write()
    job_row(owner, status="PROCESSING", lease_until=timezone.now() - timedelta(seconds=5))
    body = api.get(ADDRESS).json()
    assert body["health"] == "degraded" and "lost their worker" in body["reason"]


def test_it_is_degraded_when_the_disk_is_full(api, monkeypatch):
    heartbeat_write()
    monkeypatch.setattr("jobs.health.LEAST_FREE_BYTES", 10**18)
    assert "almost full" in api.get(ADDRESS).json()["reason"]


def test_it_tells_which_engine_is_in_memory(api):
    WorkerHeartbeat.objects.create(
        name="a/1", beat_at=timezone.now(), engines_loaded={"studio": {"device": "cuda"}}
    )
    body = api.get(ADDRESS).json()
    assert body["loaded"] is True and body["device"] == "cuda" and body["engines"][0]["loaded"] is True


def test_it_tells_which_weights_are_in_memory(api):
    facts = {
        "device": "cuda:0", "dtype": "bfloat16", "quantization": "int8", "variant": "xl-turbo",
        "memory_bytes": 11_000_000_000,
    }  # fmt: skip
    WorkerHeartbeat.objects.create(name="a/1", beat_at=timezone.now(), engines_loaded={"acestep": facts})
    engines = {row["name"]: row for row in api.get(ADDRESS).json()["engines"]}
    assert engines["acestep"]["loaded"] and engines["acestep"].items() >= facts.items()
    assert not engines["studio"]["loaded"] and engines["studio"]["variant"] is None


@pytest.mark.django_db
def test_a_worker_beats_into_one_row_and_forgets_the_dead():
    WorkerHeartbeat.objects.create(name="dead/1", beat_at=timezone.now() - timedelta(hours=2))
    heartbeat_write()
    heartbeat_write()
    assert WorkerHeartbeat.objects.count() == live_workers().count() == 1


def test_it_wants_credentials(db):
    assert APIClient().get(ADDRESS).status_code == 401


def test_it_tells_of_the_language_model_without_asking_it(api, settings):
    assert api.get(ADDRESS).json()["language_model"] is None
    settings.LLM_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "qwen3:8b"
    unused = {"model": "qwen3:8b", "state": "unused", "reason": None}
    assert api.get(ADDRESS).json()["language_model"] == unused
    fails = {"model": "qwen3:8b", "state": "fails", "reason": "The language model cannot be reached."}
    loaded = {"studio": {"device": "cpu", "language_model": fails}}
    WorkerHeartbeat.objects.create(name="a/1", beat_at=timezone.now(), engines_loaded=loaded)
    assert api.get(ADDRESS).json()["language_model"] == fails
