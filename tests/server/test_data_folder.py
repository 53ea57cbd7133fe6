"""Permissions of the data folder: created for its owner only, and tightened where they were looser."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from audiomusic.devtools.scratch_server import ROOT
from audiomusic.server.data_folder import data_folder_mend, data_folder_open, mend


def modes_of(folder):
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def loose(tmp_path):
    """A folder as earlier versions created it."""
    folder = tmp_path / "data"
    (folder / "audio" / "2031").mkdir(parents=True)
    for name in ("audiomusic.sqlite3", "secret_key", "audio/2031/take-1.flac"):
        (folder / name).write_text("x")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o664)
    return folder


@pytest.fixture
def umask_kept():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_what_was_open_is_closed_and_counted(loose):
    mended = mend([loose])
    assert (mended.count, mended.sentence) == (6, "")
    assert modes_of(loose) == {
        "data": 0o700, "audio": 0o700, "2031": 0o700,
        "audiomusic.sqlite3": 0o600, "secret_key": 0o600, "take-1.flac": 0o600,
    }  # fmt: skip
    assert mend([loose]).count == 0


def test_a_link_is_not_followed(loose, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    other.chmod(0o755)
    (other / "file").write_text("x")
    (other / "file").chmod(0o644)
    (loose / "link").symlink_to(other)
    (loose / "file_link").symlink_to(other / "file")
    (loose / "broken").symlink_to(tmp_path / "nowhere")
    assert mend([loose]).sentence == ""
    assert modes_of(other) == {"other": 0o755, "file": 0o644}


def test_audio_on_another_disk_and_a_database_elsewhere_are_mended_too(loose, tmp_path, settings):
    disk = tmp_path / "disk"
    (loose / "audio").rename(disk)
    (loose / "audio").symlink_to(disk)
    base = tmp_path / "elsewhere.sqlite3"
    for end in ("", "-wal", "-shm"):
        Path(f"{base}{end}").write_text("x")
        Path(f"{base}{end}").chmod(0o644)
    settings.DATA_DIR = loose
    settings.STORAGES = settings.STORAGES | {"default": {"OPTIONS": {"location": loose / "audio"}}}
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(base)}}
    data_folder_mend()
    assert modes_of(disk) == {"disk": 0o700, "2031": 0o700, "take-1.flac": 0o600}
    assert {stat.S_IMODE(Path(f"{base}{end}").stat().st_mode) for end in ("", "-wal", "-shm")} == {0o600}


def test_what_cannot_be_mended_is_said_once_with_its_reason(loose, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert mend([loose]).sentence == (
        f"Expected a private data folder, but other users can still open {loose} and 5 more: "
        "operation not permitted."
    )


def test_a_file_system_that_keeps_no_modes_is_told(loose, monkeypatch):
    monkeypatch.setattr(Path, "chmod", lambda path, mode: None)
    assert "its file system does not support modes" in mend([loose]).sentence


def test_a_folder_that_is_not_there_is_nothing_to_mend(tmp_path):
    assert mend([tmp_path / "missing"], [tmp_path / "none"]).sentence == ""


def test_what_is_made_from_then_on_is_private(tmp_path, umask_kept):
    folder = tmp_path / "new" / "data"
    data_folder_open(folder)
    (folder / "file").write_text("x")
    (folder / "sub").mkdir()
    assert modes_of(folder) == {"data": 0o700, "file": 0o600, "sub": 0o700}
    folder.chmod(0o755)
    data_folder_open(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_command_makes_private_files_whatever_the_shell_says(tmp_path):
    folder = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOMUSIC_")}
    environment |= {"AUDIOMUSIC_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "audiomusic.settings"}
    subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=ROOT, env=environment | {"DATABASE_URL": f"sqlite:///{folder / 'audiomusic.sqlite3'}"},
        check=True, umask=0o000, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    modes = modes_of(folder)
    assert modes.pop("data") == 0o700
    assert "audiomusic.sqlite3" in modes and set(modes.values()) == {0o600}
