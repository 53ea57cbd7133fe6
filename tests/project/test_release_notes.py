"""`make release-notes TAG=v0.1.0`: a version's section of the changelog."""

import shutil
import subprocess
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT

CHANGELOG = """# Changelog

## 0.2.0 (2031-05-01)

- Louder.

## 0.1.0 (unreleased)

- First.
- Second.
"""


@pytest.fixture
def notes(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "release_notes.py", tmp_path / ".ci")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)

    def run(tag):
        command = ["make", "--silent", "release-notes", f"TAG={tag}", f"PYTHON={sys.executable}"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


@pytest.mark.parametrize(
    ("tag", "text"),
    [("v0.2.0", "- Louder.\n"), ("v0.1.0", "- First.\n- Second.\n"), ("0.2.0", "- Louder.\n")],
)
def test_a_tag_has_its_own_part(notes, tag, text):
    done = notes(tag)
    assert (done.returncode, done.stdout) == (0, text)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(notes):
    done = notes("v0.3.0")
    assert done.returncode != 0 and "(0.2.0, 0.1.0), got 0.3.0" in done.stderr


@pytest.mark.parametrize("tag", ["", "latest", "v1"])
def test_what_is_no_tag_is_refused(notes, tag):
    done = notes(tag)
    assert done.returncode != 0 and "Expected a tag such as v0.1.0" in done.stderr


def test_the_real_change_log_has_notes_for_its_newest_version():
    done = subprocess.run(
        [sys.executable, ".ci/release_notes.py", "v0.1.0"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("- ")
