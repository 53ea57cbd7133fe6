"""The fallback in a real process whose packages lack hibari, or contain it with a broken file."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5]
PROGRAM = """
import json
from audiomusic.engines.base import silent_monitor
from audiomusic.engines.hibari.package import singing_problems
from audiomusic.engines.studio.voice import choose_reader, sing
from tests.engines.studio.voice_scores import song_of
reader = choose_reader("en")
[clip] = sing(song_of(["tell me more"], reader="hibari"), silent_monitor())
words = " ".join(word.text for word in clip.words)
print(json.dumps([reader, words, float(clip.samples.abs().max()), singing_problems()]))
"""


@pytest.fixture
def packages(tmp_path):
    """Link the installed packages without hibari."""
    installed = Path(find_spec("hibari").origin).parents[1]
    folder = tmp_path / "packages"
    folder.mkdir()
    for path in installed.iterdir():
        if not path.name.startswith("hibari"):
            (folder / path.name).symlink_to(path)
    return folder


def sung_with(packages):
    """Return (reader, words, loudest sample, problems) of a line that requests the network."""
    environment = {**os.environ, "PYTHONPATH": f"{packages}{os.pathsep}{ROOT}"}
    found = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM], capture_output=True, text=True, env=environment, timeout=120
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout.splitlines()[-1])


def test_english_is_sung_where_hibari_is_not_installed(packages):
    reader, words, loudest, [problem] = sung_with(packages)
    assert (reader, words) == ("espeak", "tell me more")
    assert 0.15 < loudest <= 0.71
    assert problem == (
        "Expected the package hibari-tts, but it is not installed. Until then, espeak sings English."
    )


def test_english_is_sung_where_hibaris_file_is_broken(packages):
    installed = Path(find_spec("hibari").origin).parent
    for path in installed.parent.glob("hibari_tts*"):
        (packages / path.name).symlink_to(path)
    assets = packages / "hibari" / "assets"
    assets.mkdir(parents=True)
    for path in installed.glob("*.py"):
        (packages / "hibari" / path.name).symlink_to(path)
    for path in (installed / "assets").iterdir():
        (assets / path.name).symlink_to(path)
    broken = assets / "hibari.onnx"
    model = broken.read_bytes()
    broken.unlink()
    broken.write_bytes(model[: len(model) // 2])
    reader, words, loudest, [problem] = sung_with(packages)
    assert (reader, words) == ("espeak", "tell me more")
    assert 0.15 < loudest <= 0.71
    assert "got another file (SHA-256" in problem
