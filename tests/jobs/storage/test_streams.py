"""The compressed copy that pages play: made once, by a worker or for the first listener; also counted."""

import io

import pytest
import soundfile

from jobs.management.commands.prune import old_copies
from jobs.models import StreamFormat
from jobs.services import job_delete
from jobs.storage.files import delete_files
from jobs.storage.integrity import file_problems
from jobs.storage.links import audio_url, make_token, stream_url
from jobs.storage.recipes import recipe_of
from jobs.storage.usage import storage_use
from jobs.worker.threads import stream_maker
from jobs.worker.threads.stream_maker import StreamMaker, _new_songs, streams_order
from tests.support.recordings import new_job, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(owner):
    return recorded(new_job(owner))


def light_of(take):
    return stream_url(take.job, take.index, base_url="")


def read(answer):
    return b"".join(answer.streaming_content)


def test_it_is_made_once_and_answers_as_all_sound_does(client, take, owner):
    before = storage_use(owner).kept
    url = light_of(take)
    whole = client.get(url)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "audio/webm", "bytes")
    sound = read(whole)
    assert sound.startswith(b"\x1aE\xdf\xa3") and b"A_OPUS" in sound
    part = client.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, read(part)) == (206, sound[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(sound)}" and part["ETag"] == whole["ETag"]
    assert client.get(url, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    [file] = take.files.filter(format=StreamFormat.WEBM)
    assert storage_use(owner).kept - before == file.byte_count == len(sound)
    assert file in old_copies(0) and file_problems() == []


def test_who_plays_no_opus_gets_a_small_mp3(client, take):
    url = light_of(take).replace(".webm", ".mp3")
    small = read(client.get(url))
    assert soundfile.info(io.BytesIO(small)).format == "MP3"
    assert len(small) < len(read(client.get(audio_url(take.job, 1, "mp3", base_url=""))))
    assert client.get(url.replace(".mp3", ".flac")).status_code == 404
    assert client.get(f"/audio/{make_token(take.job_id, 1, 'webm')}/a.webm").status_code == 404


def test_a_new_name_leaves_it_as_it_is(client, take):
    first = client.get(light_of(take))["ETag"]
    take.job.display_name = "Another name"
    take.job.save()
    assert client.get(light_of(take))["ETag"] == first
    assert "webm" not in recipe_of(take)["files"]


def test_it_goes_with_its_song(client, take, owner):
    url = light_of(take)
    read(client.get(url))
    job_delete(job=take.job)
    assert client.get(url).status_code == 404
    assert storage_use(owner).kept == 0 and file_problems() == []


def test_without_a_master_whatever_is_light_is_sent(client, take):
    read(client.get(audio_url(take.job, 1, "mp3", base_url="")))
    master = take.files.get(format="flac")
    delete_files([master.storage_name])
    master.delete()
    assert client.get(light_of(take))["Content-Type"] == "audio/mpeg"
    take.files.all().delete()
    assert client.get(light_of(take)).status_code == 404


def test_the_worker_makes_it_when_the_song_is_done(take, monkeypatch):
    monkeypatch.setattr(stream_maker, "close_old_connections", lambda: None)  # the test uses its own
    while not _new_songs.empty():
        _new_songs.get()
    streams_order(job=take.job)
    looks = iter([False, True])
    StreamMaker(lambda: next(looks)).run()
    assert take.files.filter(format=StreamFormat.WEBM).exists()
