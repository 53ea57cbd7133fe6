"""A storage on the disk, and songs that the real engine made."""

import pytest

from audiomusic.engines.studio.engine import StudioEngine
from tests.support.made_songs import generate_once, run


@pytest.fixture
def storage_folder(settings, tmp_path):
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "audio"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}


@pytest.fixture
def make_song(storage_folder, make_job, settings, monkeypatch):
    """make_song(**wishes): a sung song with a band. The same wishes are played once a test run."""
    monkeypatch.setattr(StudioEngine, "generate", generate_once)

    def make(**wishes):
        settings.ENGINE = "studio"
        return run(make_job(caption="pop", instrumental=False, **wishes))

    return make
