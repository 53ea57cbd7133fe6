"""The README names every setting and every command, so that it stays up to date."""

import re

from django.core.management import get_commands

from audiomusic.devtools.scratch_server import ROOT

README = (ROOT / "README.md").read_text()
OURS = {"audiomusic", "audiomusic.accounts", "jobs", "library", "presets"}


def test_every_environment_variable_is_explained():
    source = (ROOT / "audiomusic" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', source))
    assert names
    assert not [name for name in names if f"`{name}`" not in README]


def test_every_environment_variable_stands_in_the_example():
    source = (ROOT / "audiomusic" / "settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', source))
    assert not [name for name in names if name not in example]


def test_every_command_is_named():
    commands = [name for name, app in get_commands().items() if app in OURS]
    assert commands
    assert not [name for name in commands if f"manage.py {name}" not in README]


def test_every_test_that_the_handbook_names_is_there():
    files = list((ROOT / "tests").rglob("*.py"))
    there = {path.name for path in files}
    for path in files:
        there.update(re.findall(r"^def (test_\w+)", path.read_text(), re.M))
    named = re.findall(r"`(test_\w+(?:\.py)?)`", (ROOT / "docs" / "operations.md").read_text())
    assert len(named) > 20
    assert not [name for name in named if name not in there]
