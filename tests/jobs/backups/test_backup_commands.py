"""Backing up rows, audio and the secret key, and restoring them; PostgreSQL uses its own tools."""

import io
import json
import os
import shutil
import stat
import tarfile
from types import SimpleNamespace

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from audiomusic.accounts.models import User
from jobs.backups.archive import MANIFEST
from jobs.backups.databases import BESIDE, format_of_database
from jobs.heartbeat import heartbeat_write
from jobs.models import AudioFile, Job, ScoreFile
from jobs.services import job_cancel, job_delete
from jobs.storage.integrity import file_problems
from jobs.worker.claims import job_claim, job_finish
from tests.support.recordings import SCORE, new_job, recorded

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "postgres" in os.environ.get("TEST_DATABASE_URL", "") and shutil.which("pg_dump") is None,
        reason="pg_dump is not on this machine",
    ),
]


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """A data folder with its own secret key and audio."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "secret_key").write_text("the first secret")
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": folder / "audio"},
    }
    settings.DATA_DIR, settings.STORAGES = folder, {**settings.STORAGES, "default": storage}
    return folder


@pytest.fixture
def song(make_job, result, stored_take):
    make_job()
    job = job_claim(lease_token="me")
    job_finish(job=job, lease_owner="me", result=result, takes=[stored_take()])
    return Job.objects.get(id=job.id)


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "copy.tar"


def refused(match, *command, **options):
    with pytest.raises(CommandError, match=match):
        call_command(*command, **options)


def test_everything_comes_back(song, make_job, archive, place, capsys):
    name = AudioFile.objects.get().storage_name
    call_command("backup", archive)
    assert "1 files" in capsys.readouterr().out
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600

    job_delete(job=song)
    later = make_job()
    (place / "secret_key").write_text("another secret")
    assert not default_storage.exists(name)

    call_command("restore", archive, replace=True)
    job = Job.objects.get()
    assert (job.id, job.status, job.display_name) == (song.id, "COMPLETED", "Rainy Day")
    assert not Job.objects.filter(id=later.id).exists()
    with default_storage.open(name) as file:
        assert file.read() == b"fLaC"
    assert (place / "secret_key").read_text() == "the first secret"
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert "wrong" not in out.getvalue()
    assert make_job(user=User.objects.get()).id > song.id  # triggers and sequences are back as well


def test_scores_come_back_too(owner, archive, place):
    recorded(new_job(owner), score=SCORE)
    names = list(ScoreFile.objects.values_list("storage_name", flat=True))
    call_command("backup", archive)
    job_delete(job=Job.objects.get())
    call_command("restore", archive, replace=True)
    assert len(names) == 2 and all(default_storage.exists(name) for name in names)
    assert file_problems() == []


def test_a_file_that_is_missing_is_named(song, archive, capsys):
    name = AudioFile.objects.get().storage_name
    default_storage.delete(name)
    call_command("backup", archive)
    assert f"not there: {name}" in capsys.readouterr().err
    with tarfile.open(archive) as tar:
        assert json.load(tar.extractfile(MANIFEST))["missing"] == [name]


def test_an_archive_is_never_overwritten(archive):
    archive.write_text("mine")
    refused("expected a new name", "backup", archive)
    assert archive.read_text() == "mine"


def test_a_folder_that_is_not_there_leaves_nothing(tmp_path):
    refused("could not be written", "backup", tmp_path / "no" / "copy.tar")


def test_a_copy_that_breaks_off_leaves_nothing(song, archive, monkeypatch):
    def fail(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jobs.backups.archive.database_dump", fail)
    refused("No space left on device", "backup", archive)
    assert list(archive.parent.glob("copy*")) == []


def test_a_place_with_users_is_not_replaced_unasked(song, archive):
    call_command("backup", archive)
    refused("--replace", "restore", archive)


def test_a_running_server_is_not_replaced(song, archive):
    call_command("backup", archive)
    heartbeat_write()
    refused("stop it first", "restore", archive, replace=True)


def test_what_is_no_backup_is_refused(tmp_path, owner):
    text, empty = tmp_path / "text.tar", tmp_path / "empty.tar"
    text.write_text("no tar")
    tarfile.open(empty, "w").close()
    refused("could not be read", "restore", tmp_path / "missing.tar", replace=True)
    refused("could not be read", "restore", text, replace=True)
    refused("not a complete backup", "restore", empty, replace=True)
    assert User.objects.exists()


@pytest.mark.parametrize(
    ("facts", "match"),
    [({"layout": 99}, "Expected a backup of layout 1"), ({"layout": 1, "database": "x.mdb"}, "holds x.mdb")],
)
def test_a_backup_of_another_kind_is_refused(tmp_path, facts, match):
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w") as tar:
        content = json.dumps(facts).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    refused(match, "restore", path, replace=True)


def test_a_name_that_leads_out_of_the_storage_is_refused(song, archive, place):
    call_command("backup", archive)
    with tarfile.open(archive, "a") as tar:
        info = tarfile.TarInfo("audio/../../evil.flac")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    refused("evil.flac", "restore", archive, replace=True)
    assert not list(place.parent.rglob("evil.flac"))


def test_a_file_that_lies_there_already_is_left(song, archive):
    name = AudioFile.objects.get().storage_name
    call_command("backup", archive)
    call_command("restore", archive, replace=True)
    assert default_storage.listdir(os.path.dirname(name))[1] == [os.path.basename(name)]


@pytest.fixture
def mine(song, archive, place, make_job):
    """Back up, then change the state; mine() asserts that the later state is still there, complete."""
    call_command("backup", archive)
    later = make_job(user=User.objects.get())
    job_cancel(job=later)  # the doctor would report a waiting job without a worker
    (place / "secret_key").write_text("another secret")
    ids = [song.id, later.id]

    def check():
        assert sorted(Job.objects.values_list("id", flat=True)) == ids
        assert (place / "secret_key").read_text() == "another secret"
        assert not schemas_beside()
        out = io.StringIO()
        call_command("doctor", stdout=out)  # checks triggers, counts and indexes too
        assert "wrong" not in out.getvalue()
        ids.append(make_job(user=User.objects.get()).id)
        assert ids[-1] > later.id

    return check


def schemas_beside():
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = %s", [BESIDE])
        return cursor.fetchall()


def rewrite(archive, change):
    """Copy the archive with other rows: `change` receives the dump's bytes and returns new ones, or None."""
    leaf = format_of_database().leaf
    other = archive.with_name("broken.tar")
    with tarfile.open(archive) as source, tarfile.open(other, "w") as target:
        for info in source:
            content = source.extractfile(info).read()
            if info.name == leaf:
                content = change(content)
                if content is None:
                    continue
                info.size = len(content)
            target.addfile(info, io.BytesIO(content))
    return other


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.995])
def test_rows_that_break_off_leave_those_of_before(mine, archive, share):
    broken = rewrite(archive, lambda content: content[: int(share * len(content))])
    refused(".", "restore", broken, replace=True)
    mine()


def test_rows_that_are_damaged_inside_leave_those_of_before(mine, archive):
    def damage(content):
        middle = len(content) * 2 // 3
        return (
            content[:middle]
            + bytes(byte ^ 0xFF for byte in content[middle : middle + 4000])
            + content[middle + 4000 :]
        )

    broken = rewrite(archive, damage)
    with pytest.raises(CommandError):
        call_command("restore", broken, replace=True)
    mine()


def test_an_archive_without_rows_leaves_those_of_before(mine, archive):
    refused("not a complete backup", "restore", rewrite(archive, lambda content: None), replace=True)
    mine()


def test_a_migration_that_fails_leaves_the_rows_of_before(mine, archive, monkeypatch):
    def migrate(*args, **options):
        if Job.objects.count() == 1:  # the backup's rows
            raise DatabaseError("this version knows no such column")

    with monkeypatch.context() as patched:
        patched.setattr("jobs.backups.archive.call_command", migrate)
        refused("are as they were: this version knows", "restore", archive, replace=True)
    mine()


def test_a_restore_that_is_stopped_in_the_middle_has_the_rows_of_before(mine, archive, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("jobs.backups.archive._restore_secret", stop)
        call_command("restore", archive, replace=True)
    mine()


@pytest.mark.skipif("postgres" not in os.environ.get("TEST_DATABASE_URL", ""), reason="psql is PostgreSQL's")
def test_a_load_that_is_killed_has_changed_nothing(mine, archive, monkeypatch):
    def die(reader, writer):
        writer.write(reader.read(20_000))
        writer.flush()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("jobs.backups.databases.shutil", SimpleNamespace(copyfileobj=die, which=shutil.which))
        call_command("restore", archive, replace=True)
    mine()


def test_it_can_be_done_again_and_again(song, archive, tmp_path):
    for number in range(3):
        path = tmp_path / f"{number}.tar"
        call_command("backup", path)
        call_command("restore", path, replace=True)
    assert Job.objects.get().id == song.id
    assert not schemas_beside()
