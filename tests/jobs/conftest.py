"""A fast fake engine in the registry, and jobs for it."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audiomusic.accounts.credits.ledger import balance_of, credits_grant
from audiomusic.engines.base import SongResult
from audiomusic.engines.registry import ENGINES, load_engine
from jobs.services import job_create
from jobs.storage.takes import NewFile, StoredTake
from jobs.worker.claims import job_claim
from tests.support.fake_engine import FakeEngine


@pytest.fixture
def fake_engine(monkeypatch, settings):
    """Make FakeEngine the server's default engine; `fake_engine.on_start` may be set to anything."""
    entry = replace(
        ENGINES["studio"],
        name="fake",
        version="0.1",
        path="tests.support.fake_engine:FakeEngine",
        unused_parameters=("shift", "lm_top_k"),
    )
    monkeypatch.setitem(ENGINES, "fake", entry)
    monkeypatch.setattr(FakeEngine, "on_start", None)
    settings.ENGINE = "fake"
    yield FakeEngine
    load_engine.cache_clear()


@pytest.fixture
def credits_of(settings, owner):
    """credits_of(user): the user's balance; the owner starts with 10 000 and other users with none."""
    settings.CREDITS = "0"
    credits_grant(user=owner, amount=10_000)
    return balance_of


@pytest.fixture
def storage_folder(settings, tmp_path):
    """File storage on disk."""
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "audio"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.fixture
def make_job(owner, fake_engine):
    """make_job(user=…, task=…, **wishes): a waiting job, of 10 s (165 credits) by default."""

    def make(*, user=owner, task="text2music", params=None, **wishes):
        wishes = {"caption": "calm piano", "instrumental": True, "duration_s": 10.0, "seed": 7} | wishes
        wishes = {name: value for name, value in wishes.items() if value is not None}
        return job_create(user=user, task=task, values=wishes, params=params or {"caption": "calm piano"})

    return make


@pytest.fixture
def stored_take():
    """stored_take(index, duration_s): a take whose only file is in the storage."""

    def make(index=1, duration_s=8.0):
        name = default_storage.save(f"test/take-{index}.flac", ContentFile(b"fLaC"))
        file = NewFile("flac", name, 4, "0" * 64)
        return StoredTake(index, 6 + index, duration_s, 0.8, "[00:00.00]la", [0.5], [file])

    return make


@pytest.fixture
def result():
    return SongResult(
        effective={"plan": {"form": "AABA"}},
        caption="calm piano",
        lyrics="",
        bpm=97.0,
        keyscale="A Minor",
        timesignature="4/4",
        vocal_language="en",
        not_applied={"keyscale": "It was not singable."},
        title="Rainy Day",
    )


@pytest.fixture
def claimed(make_job):
    """A job that a worker has claimed."""
    make_job()
    return job_claim(lease_token="me")
