"""When `serve` collects the static files, and what it leaves out."""

import json
import os

import pytest
from django.conf import settings as project
from django.core.management import call_command

from audiomusic.management.commands.serve import static_is_collected


@pytest.fixture
def manifest(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **project.STORAGES,
        "staticfiles": {"BACKEND": "audiomusic.server.static_storage.HashedStorage"},
    }
    assert not static_is_collected()
    call_command("collectstatic", interactive=False, verbosity=0)
    return settings.STATIC_ROOT / "staticfiles.json"


def test_it_is_done_once(manifest):
    assert static_is_collected()
    assert "django_htmx/htmx-2.min.js" in json.loads(manifest.read_text())["paths"]
    assert not list((manifest.parent / "django_htmx").glob("ext"))


def test_it_is_done_again_where_a_file_was_changed(manifest):
    os.utime(manifest, (1, 1))
    assert not static_is_collected()


def test_it_is_done_again_where_a_library_is_served_that_was_not(manifest):
    """Its files may be older than what was collected without them."""
    body = json.loads(manifest.read_text())
    del body["paths"]["django_htmx/htmx-2.min.js"]
    manifest.write_text(json.dumps(body))
    assert not static_is_collected()
