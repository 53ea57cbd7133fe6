"""Which modules may be imported nowhere. Who may import whom is held by `make lint`, and what the web process
must not load by `test_wsgi`."""

import subprocess
import sys
import tomllib

import pytest

from audiomusic.devtools.scratch_server import ROOT


@pytest.mark.parametrize(
    "line",
    ["import urllib.request", "from http.client import HTTPConnection", "import requests", "import httpx"],
)
def test_a_bare_http_client_is_refused_with_the_right_module_named(line):
    command = [
        f"{sys.prefix}/bin/ruff",
        "check",
        "--select",
        "TID251",
        "--stdin-filename",
        "jobs/new.py",
        "-",
    ]
    done = subprocess.run(command, cwd=ROOT, input=f"{line}\n", capture_output=True, text=True)
    assert done.returncode == 1
    assert "audiomusic.http.safe_http" in done.stdout


def test_modules_with_unchecked_types_become_fewer():
    """Each by its own name; take the limit down with every module that is mended."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (names,) = [each["module"] for each in overrides if each.get("ignore_errors")]
    assert [name for name in names if "*" in name] == ["*.migrations.*"]
    assert len(names) <= 1
