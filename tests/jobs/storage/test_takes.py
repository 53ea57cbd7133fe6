import hashlib
import json
import os
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from audiomusic.engines.encoding import FORMATS, probe, samples_sha256
from audiomusic.engines.file_metadata import read_tags
from jobs.models import AudioFile
from jobs.services import job_delete
from jobs.storage import takes
from jobs.storage.files import delete_files
from jobs.storage.tagging.track_tags import tags_of
from jobs.storage.takes import AudioMissing, ensure_format, names_of_job, stray_names
from tests.support.recordings import SCORE, new_job, recorded, stored, tone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """An empty storage for the test."""
    backend = "django.core.files.storage.FileSystemStorage"
    use_storage(settings, {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "audio"}})
    return tmp_path / "audio"


@pytest.fixture
def object_store(settings):
    """A storage without paths, like S3."""
    use_storage(settings, {"BACKEND": "django.core.files.storage.InMemoryStorage"})


def use_storage(settings, default):
    settings.STORAGES = {**settings.STORAGES, "default": default}


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("format", FORMATS)
def test_a_take_is_kept_as_master_and_as_asked(owner, format):
    take = stored(new_job(owner, format=format))
    assert [file.format for file in take.files] == list(dict.fromkeys(["flac", format]))
    for file in take.files:
        path = default_storage.path(file.storage_name)
        assert probe(path).frames == 48_000
        assert file.byte_count == os.path.getsize(path)
        assert file.sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_the_master_has_lost_nothing(owner):
    take = stored(new_job(owner))
    samples, _ = soundfile.read(default_storage.path(take.files[0].storage_name), dtype="float32")
    assert np.abs(samples.T - tone()).max() <= 2**-23


def test_a_stored_take_carries_what_its_rows_need(owner):
    take = stored(new_job(owner), index=2, quality_score=0.9, made_with={"torch": "2"})
    assert (take.index, take.seed, take.duration_s, take.quality_score) == (2, 102, 1.0, 0.9)
    assert (take.lrc_content, take.enhanced_lrc) == ("[00:00.50]la\n", "[00:00.50]<00:00.50>la <00:01.00>\n")
    assert take.made_with["torch"] == "2" and take.made_with["machine"] and take.made_with["libsndfile"]
    assert take.samples_sha256 == samples_sha256(default_storage.path(take.files[0].storage_name))
    assert (len(take.peaks), max(take.peaks)) == (800, 0.4)


def test_files_are_tagged(owner):
    job = new_job(owner, display_name="Night Train", batch_size=2, format="mp3", effective={"genre": "Jazz"})
    for file in stored(job, index=2).files:
        tags = read_tags(default_storage.path(file.storage_name))
        assert tags == tags_of(job, index=2, seed=102, lrc="[00:00.50]la\n").drawn()
        assert (tags.title, tags.key, tags.bpm, tags.genre) == (
            "Night Train (take 2)",
            "A Minor",
            92.0,
            "Jazz",
        )


def test_names_cannot_be_guessed_and_tell_nothing(owner):
    job = new_job(owner, display_name="../../etc/passwd")
    names = [file.storage_name for _ in range(2) for file in stored(job).files]
    pattern = rf"{job.created_at:%Y/%m}/{job.id}/[0-9a-f]{{32}}/take-1\.flac"
    assert all(re.fullmatch(pattern, name) for name in names)
    assert len(set(names)) == 2


def test_nothing_half_written_is_left(owner, folder, monkeypatch):
    """The second file fails: the first is deleted too, and so are the folders."""
    monkeypatch.setattr(takes, "write_tags", fails_for(".mp3", takes.write_tags))
    with pytest.raises(OSError, match="disk full"):
        stored(new_job(owner, format="mp3"))
    assert files_in(folder) == []


def fails_for(suffix, write):
    def write_or_fail(path, tags):
        if path.suffix == suffix:
            raise OSError("disk full")
        write(path, tags)

    return write_or_fail


def test_a_failing_rename_leaves_nothing(owner, folder, monkeypatch):
    monkeypatch.setattr(Path, "replace", lambda path, target: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        stored(new_job(owner))
    assert files_in(folder) == []


def test_an_object_store_gets_whole_files(owner, object_store):
    take = recorded(new_job(owner, format="ogg"))
    made = ensure_format(take=take, format="wav")
    with default_storage.open(made.storage_name) as file:
        assert probe(file).frames == 48_000
    delete_files([file.storage_name for file in take.files.all()])
    assert not default_storage.exists(made.storage_name)


# ensure_format


def test_a_format_that_is_there_is_given(owner):
    take = recorded(new_job(owner))
    assert ensure_format(take=take, format="flac") == take.files.get()


@pytest.mark.parametrize("format", ["wav", "mp3", "ogg"])
def test_a_missing_format_is_made_once(owner, format):
    take = recorded(new_job(owner))
    made = ensure_format(take=take, format=format)
    path = default_storage.path(made.storage_name)
    assert (probe(path).format, probe(path).frames) == (FORMATS[format].container, 48_000)
    assert (made.byte_count, read_tags(path).seed) == (os.path.getsize(path), 101)
    assert ensure_format(take=take, format=format) == made


def test_a_made_format_bears_the_jobs_new_name(owner):
    take = recorded(new_job(owner))
    take.job.display_name = "Day Train"
    made = ensure_format(take=take, format="mp3")
    assert read_tags(default_storage.path(made.storage_name)).title == "Day Train"


def test_of_two_at_the_same_time_the_first_wins(owner, folder, monkeypatch):
    take, transcode = recorded(new_job(owner)), takes.transcode

    def overtaken(source, path, format):
        monkeypatch.setattr(takes, "transcode", transcode)
        winners.append(ensure_format(take=take, format="wav"))
        transcode(source, path, format)

    winners = []
    monkeypatch.setattr(takes, "transcode", overtaken)
    assert ensure_format(take=take, format="wav") == winners[0]
    assert take.files.filter(format="wav").count() == 1
    assert len(files_in(folder)) == 2


def test_a_job_deleted_meanwhile_leaves_no_file(owner, folder, monkeypatch):
    take, transcode = recorded(new_job(owner)), takes.transcode

    def orphaned(source, path, format):
        transcode(source, path, format)
        AudioFile.objects.create(take=take, format="wav", storage_name="x", byte_count=1, sha256="")
        monkeypatch.setattr(type(take.files), "filter", lambda *args, **fields: AudioFile.objects.none())

    monkeypatch.setattr(takes, "transcode", orphaned)
    with pytest.raises(AudioMissing, match="was deleted while its wav file was made"):
        ensure_format(take=take, format="wav")
    assert len(files_in(folder)) == 1


@pytest.mark.parametrize("is_row_there", [True, False])
def test_without_a_master_there_is_nothing(owner, is_row_there):
    take = recorded(new_job(owner))
    delete_files([take.files.get().storage_name])
    if not is_row_there:
        take.files.all().delete()
    with pytest.raises(AudioMissing, match="has no flac master to make ogg of"):
        ensure_format(take=take, format="ogg")


def test_an_unknown_format_is_refused(owner):
    with pytest.raises(ValueError, match="no format is called 'exe'"):
        ensure_format(take=recorded(new_job(owner)), format="exe")


# delete_files, stray_names


def test_deleting_takes_the_empty_folders_along(owner, folder):
    job = new_job(owner, format="wav")
    names = [file.storage_name for file in stored(job).files]
    kept = stored(new_job(owner)).files[0].storage_name
    delete_files(names)
    assert files_in(folder) == [folder / kept]
    assert not (folder / f"{job.created_at:%Y/%m}" / str(job.id)).exists()
    delete_files(names)


def test_a_file_that_cannot_be_deleted_does_not_keep_the_others(owner, folder, caplog):
    name = stored(new_job(owner)).files[0].storage_name
    delete_files(["../outside.flac", name])
    assert files_in(folder) == []
    assert "the file ../outside.flac could not be deleted" in caplog.text


def test_the_storage_itself_is_never_removed(folder):
    default_storage.save("alone.flac", ContentFile(b"fLaC"))
    delete_files(["alone.flac"])
    assert folder.exists()


def test_strays_are_files_without_a_row(owner):
    recorded(new_job(owner, format="wav"))
    stray = stored(new_job(owner)).files[0].storage_name
    assert list(stray_names(older_than=timedelta(0))) == [stray]
    assert list(stray_names(older_than=timedelta(hours=1))) == []


def test_no_storage_yet_means_no_strays():
    assert list(stray_names(older_than=timedelta(0))) == []


# Scores


def test_a_score_is_kept_as_json_and_midi(owner):
    take = stored(new_job(owner), score=SCORE)
    texts = {file.format: Path(default_storage.path(file.storage_name)) for file in take.score_files}
    assert json.loads(texts["json"].read_text(encoding="utf-8")) == SCORE
    assert texts["midi"].read_bytes().startswith(b"MThd")
    for file in take.score_files:
        assert file.sha256 == hashlib.sha256(texts[file.format].read_bytes()).hexdigest()
        assert file.byte_count == texts[file.format].stat().st_size


def test_an_engine_without_a_score_keeps_none(owner):
    take = recorded(new_job(owner))
    assert not take.has_score and not take.score_files.exists()


def test_a_score_that_cannot_be_written_leaves_nothing(owner, folder):
    with pytest.raises(ValueError, match="JSON"):
        stored(new_job(owner), score=SCORE | {"duration_s": float("nan")})
    assert files_in(folder) == []


def test_the_rows_know_every_file(owner, folder):
    take = recorded(new_job(owner, format="wav"), score=SCORE)
    assert take.has_score
    assert sorted(folder / name for name in names_of_job(take.job)) == files_in(folder)
    assert len(files_in(folder)) == 4


def test_a_score_without_a_row_is_a_stray(owner):
    recorded(new_job(owner), score=SCORE)
    lost = stored(new_job(owner), score=SCORE)
    assert sorted(stray_names(older_than=timedelta(0))) == sorted(lost.storage_names)


def test_a_deleted_job_takes_its_score_along(owner, folder, django_capture_on_commit_callbacks):
    take = recorded(new_job(owner), score=SCORE)
    with django_capture_on_commit_callbacks(execute=True):
        job_delete(job=take.job)
    assert files_in(folder) == []
