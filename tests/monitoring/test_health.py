"""`/healthz` says whether the process is alive, `/readyz` whether it can take a job."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from audiomusic.monitoring import readiness


def test_a_process_that_answers_is_live(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})
    assert "no-store" in answer["Cache-Control"]


def test_it_asks_no_database(client, monkeypatch):
    """pytest-django blocks database access in a test that does not request it, such as this one."""
    assert client.get("/healthz").status_code == 200


def test_a_server_that_has_everything_is_ready(client, db):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    ready = {"database": "ready", "storage": "ready", "queue": "ready"}
    assert answer.json() == {"status": "ready", "checks": ready}


def test_a_storage_that_takes_nothing_is_named_and_explained_to_this_machine(client, db, monkeypatch):
    def refuse(name, content):
        raise OSError("No space left on device")

    monkeypatch.setattr(default_storage, "save", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ready", "storage": "unavailable", "queue": "ready"}
    assert answer.json()["reasons"] == ["The storage accepts no files: No space left on device"]


def test_strangers_are_not_told_why(client, db, monkeypatch):
    def refuse(name, content):
        raise OSError("/srv/music/audio: Permission denied")

    monkeypatch.setattr(default_storage, "save", refuse)
    answer = client.get("/readyz", REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 503
    assert "srv" not in answer.content.decode() and "reasons" not in answer.json()


def test_a_database_whose_tables_are_older_is_not_ready(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'presets'")
    assert client.get("/readyz").json()["checks"]["database"] == "unavailable"


def test_many_askers_cost_one_look(client, db, monkeypatch):
    looks = []
    monkeypatch.setattr(readiness, "CHECKS", {"storage": lambda: looks.append(1) or []})
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert len(looks) == 1


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nothing_is_written_there(client, path):
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_past_the_proxy_is_not_sent_to_https(client, db, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/sign-in").status_code == 301
    assert client.get(path).status_code == 200
