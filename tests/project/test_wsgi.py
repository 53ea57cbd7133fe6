"""What a web process does before its first request."""

import os
import subprocess
import sys

from audiomusic.devtools.scratch_server import ROOT

LOOK = """
import audiomusic.wsgi
from django.db import connection
from audiomusic.http.openapi import KeptGenerator
from jobs.api.docs import read_docs
print(KeptGenerator._kept is not None, read_docs.cache_info().currsize, connection.connection is None)
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


def test_the_api_is_described_before_anybody_asks_and_without_the_database(tmp_path):
    done = started(LOOK, tmp_path)
    assert done.stdout.split() == ["True", "1", "True"], done.stderr


def test_a_description_that_fails_does_not_keep_the_server_from_starting(tmp_path):
    done = started(BREAK, tmp_path)
    assert done.stdout.strip() == "True", done.stderr
    assert "The API could not be described" in done.stderr and "Unknown field" in done.stderr
