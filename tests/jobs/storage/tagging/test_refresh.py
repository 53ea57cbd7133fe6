"""A renamed song has its new name in the downloaded file, in every format and from both storages."""

import hashlib
import io
import json
import urllib.request

import mido
import mutagen
import pytest
import soundfile
from django.core.files.storage import default_storage
from django.utils import timezone

from audiomusic.engines.encoding import FORMATS
from audiomusic.engines.file_metadata import read_tags
from jobs.models import AudioFile, OrphanFolder, StorageTotal
from jobs.services import job_patch
from jobs.storage import copies
from jobs.storage.integrity import file_problems
from jobs.storage.links import audio_url, enhanced_lrc_url, lrc_url, midi_url, score_url
from jobs.storage.orphans import orphans_sweep
from jobs.storage.tagging import refresh
from jobs.storage.takes import COPY_TIME
from tests.support.object_store import ObjectStore, bucket_at
from tests.support.recordings import SCORE, new_job, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.support.media_urls")]

NEW_NAME = "Morgenzug 朝の電車 " + "long " * 20


@pytest.fixture
def take(owner):
    lrc = "[ti:Night Train]\n[00:00.50]la\n"
    return recorded(new_job(owner), lrc=lrc, enhanced_lrc=lrc.replace("la", "<00:00.50>la"), score=SCORE)


def body_of(response):
    return b"".join(response) if response.streaming else response.content


def rename(take, name=NEW_NAME):
    job_patch(job=take.job, display_name=name)
    take.job.refresh_from_db()


@pytest.mark.parametrize("format", FORMATS)
def test_a_renamed_song_is_fetched_under_its_new_name(client, take, format, tmp_path):
    url = audio_url(take.job, 1, format, base_url="")
    before = client.get(url)
    sound = soundfile.read(io.BytesIO(body_of(before)))[0]
    rename(take)
    after = client.get(url)
    body = body_of(after)
    (tmp_path / f"a.{format}").write_bytes(body)
    assert read_tags(tmp_path / f"a.{format}").title == NEW_NAME.strip()
    assert read_tags(tmp_path / f"a.{format}").album == NEW_NAME.strip()
    assert (soundfile.read(io.BytesIO(body))[0] == sound).all()
    assert after["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"' != before["ETag"]
    assert int(after["Content-Length"]) == len(body)


def test_ranges_fit_the_file_that_was_begun(client, take):
    url = audio_url(take.job, 1, "flac", base_url="")
    whole = body_of(client.get(url))
    rename(take)
    rest = client.get(url, headers={"range": "bytes=1000-"})
    assert body_of(rest) == whole[1000:]
    begun = client.get(url, headers={"range": "bytes=0-999"})
    assert begun["Content-Range"] != f"bytes 0-999/{len(whole)}"
    renamed = body_of(client.get(url))
    assert body_of(begun) == renamed[:1000]
    resumed = {"range": "bytes=1000-", "if-range": begun["ETag"]}
    assert body_of(client.get(url, headers=resumed)) == renamed[1000:]
    outdated = {"range": "bytes=1000-", "if-range": f'"{hashlib.sha256(whole).hexdigest()}"'}
    assert client.get(url, headers=outdated).status_code == 200


def test_what_is_fresh_is_not_written_again(client, take):
    url, file = audio_url(take.job, 1, "flac", base_url=""), take.files.get()
    etag = client.get(url)["ETag"]
    assert client.get(url, headers={"if-none-match": etag}).status_code == 304
    rename(take)
    assert client.get(url, headers={"if-none-match": etag}).status_code == 200
    name = take.files.get().storage_name
    assert name != file.storage_name
    client.get(url)
    client.head(url)
    assert take.files.get().storage_name == name


def test_a_song_from_before_files_knew_their_tags_gets_them(client, take):
    AudioFile.objects.update(tags_sha256="")
    mutagen.File(default_storage.path(take.files.get().storage_name)).delete()
    body = body_of(client.get(audio_url(take.job, 1, "flac", base_url="")))
    assert mutagen.File(io.BytesIO(body)).tags["ALBUM"] == ["Night Train"]


def test_a_familys_new_name_is_the_album(client, take, tmp_path):
    child = recorded(new_job(take.job.user, display_name="Second", source_job=take.job))
    rename(take, "Family")
    body = body_of(client.get(audio_url(child.job, 1, "flac", base_url="")))
    (tmp_path / "a.flac").write_bytes(body)
    tags = read_tags(tmp_path / "a.flac")
    assert (tags.title, tags.album) == ("Second", "Family")


def test_the_old_file_stays_for_those_that_read_it_and_goes_in_time(client, take, monkeypatch):
    old = take.files.get().storage_name
    rename(take)
    client.get(audio_url(take.job, 1, "flac", base_url=""))
    assert default_storage.exists(old)
    orphans_sweep()
    assert default_storage.exists(old)
    later = timezone.now() + refresh.OLD_FILE_TIME + COPY_TIME
    monkeypatch.setattr(timezone, "now", lambda: later)
    take.job.__class__.objects.filter(id=take.job_id).update(started_at=take.job.created_at)
    orphans_sweep()
    assert not default_storage.exists(old)
    assert not OrphanFolder.objects.exists()
    assert file_problems() == []


def test_the_users_total_follows(client, take):
    rename(take)
    client.get(audio_url(take.job, 1, "flac", base_url=""))
    stored = sum(take.files.values_list("byte_count", flat=True))
    stored += sum(take.score_files.values_list("byte_count", flat=True))
    assert sum(StorageTotal.objects.values_list("byte_count", flat=True)) == stored


def test_a_storage_that_refuses_keeps_no_one_from_the_song(client, take, monkeypatch, caplog):
    url = audio_url(take.job, 1, "flac", base_url="")
    whole = body_of(client.get(url))
    rename(take)

    def refuse(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(refresh, "put_audio", refuse)
    assert body_of(client.get(url)) == whole
    assert "could not be written again" in caplog.text


def test_where_all_encoders_are_at_work_the_song_comes_at_once(client, take, monkeypatch):
    url = audio_url(take.job, 1, "flac", base_url="")
    whole = body_of(client.get(url))
    rename(take)
    monkeypatch.setattr(copies, "WAIT_S", 0.0)
    for _ in range(copies.ENCODERS):
        copies._encoders.acquire()
    try:
        assert body_of(client.get(url)) == whole
    finally:
        for _ in range(copies.ENCODERS):
            copies._encoders.release()


# Lyrics and scores


def test_lyrics_have_the_newest_title_and_two_names(client, take):
    rename(take, "Dawn")
    answers = [client.get(make(take.job, 1, base_url="")) for make in (lrc_url, enhanced_lrc_url)]
    assert [answer.content.decode() for answer in answers] == [
        "[ti:Dawn]\n[00:00.50]la\n",
        "[ti:Dawn]\n[00:00.50]<00:00.50>la\n",
    ]
    assert [answer["Content-Disposition"].split('"')[1] for answer in answers] == [
        "Dawn.lrc",
        "Dawn by word.lrc",
    ]
    assert lrc_url(take.job, 1, base_url="").endswith("/dawn.lrc")
    assert enhanced_lrc_url(take.job, 1, base_url="").endswith("/dawn-by-word.lrc")


def test_scores_have_the_newest_title(client, take):
    rename(take, "Dawn")
    score = client.get(score_url(take.job, 1, base_url=""))
    assert json.loads(body_of(score)) == SCORE | {"title": "Dawn"}
    midi = client.get(midi_url(take.job, 1, base_url=""))
    assert mido.MidiFile(file=io.BytesIO(body_of(midi)), charset="utf-8").tracks[0].name == "Dawn"
    etag = midi["ETag"]
    assert client.get(midi_url(take.job, 1, base_url=""), headers={"if-none-match": etag}).status_code == 304


def test_a_score_that_is_lost_is_not_found(client, take):
    default_storage.delete(take.score_files.get(format="json").storage_name)
    rename(take, "Dawn")
    assert client.get(score_url(take.job, 1, base_url="")).status_code == 404


# S3 storage


@pytest.fixture
def bucket(settings):
    store = ObjectStore()
    settings.STORAGES = {**settings.STORAGES, "default": bucket_at(store.url, patience_s=10)}
    yield store
    store.close()


def test_a_bucket_sends_the_new_name_too(bucket, client, owner, tmp_path):
    take = recorded(new_job(owner), score=SCORE)
    url = audio_url(take.job, 1, "flac", base_url="")
    old_link = client.get(url)["Location"]
    rename(take)
    with urllib.request.urlopen(client.get(url)["Location"]) as answer:
        body, headers = answer.read(), answer.headers
    (tmp_path / "a.flac").write_bytes(body)
    assert read_tags(tmp_path / "a.flac").title == NEW_NAME.strip()
    assert int(headers["Content-Length"]) == len(body) == take.files.get().byte_count
    with urllib.request.urlopen(old_link) as answer:  # issued before the renaming
        assert answer.status == 200
    score = client.get(score_url(take.job, 1, base_url=""))
    assert json.loads(body_of(score))["title"] == NEW_NAME.strip()
