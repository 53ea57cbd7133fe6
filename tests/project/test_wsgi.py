"""What a web process does before its first request, and what it never loads."""

import json
import os
import subprocess
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT

LOOK = """
import json, sys
import audiomusic.wsgi
from django.db import connection
from audiomusic.http.openapi import KeptGenerator
from jobs.api.docs import read_docs
described = [KeptGenerator._kept is not None, read_docs.cache_info().currsize, connection.connection is None]
import audiomusic.urls, django.urls
django.urls.get_resolver().url_patterns
print(json.dumps({"described": described, "torch": "torch" in sys.modules}))
"""
BREAK = """
import django; django.setup()
from unittest.mock import patch
from drf_spectacular.generators import SchemaGenerator
with patch.object(SchemaGenerator, "get_schema", side_effect=RuntimeError("Unknown field")):
    import audiomusic.wsgi
print(callable(audiomusic.wsgi.application))
"""


def started(script, tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "audiomusic.settings",
        "AUDIOMUSIC_DATA_DIR": str(tmp_path),
    }
    return subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """The output of LOOK, run once, because a process takes seconds."""
    done = started(LOOK, tmp_path_factory.mktemp("data"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_api_is_described_before_anybody_asks_and_without_the_database(seen):
    assert seen["described"] == [True, 1, True]


def test_it_does_not_import_torch(seen):
    assert seen["torch"] is False


def test_a_description_that_fails_does_not_keep_the_server_from_starting(tmp_path):
    done = started(BREAK, tmp_path)
    assert done.stdout.strip() == "True", done.stderr
    assert "The API could not be described" in done.stderr and "Unknown field" in done.stderr
