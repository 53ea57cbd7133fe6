"""/uploads: sending audio, the response, and each error."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from jobs.models import Job, OrphanFolder
from jobs.storage.takes import stored_names
from jobs.storage.usage import storage_use
from jobs.uploads.models import SourceFile
from jobs.uploads.services import source_use_create, sources_prune
from tests.support.sounds import long_silence, sound_bytes

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/music/uploads"


@pytest.fixture(scope="module")
def flac():
    return sound_bytes("FLAC", seconds=0.6)


@pytest.fixture
def send(api):
    """send(content, name): POST a form with the file, as the owner."""

    def post(content, name="Mein Lied.flac", client=api):
        return client.post(ADDRESS, {"file": SimpleUploadedFile(name, content)}, format="multipart")

    return post


@pytest.fixture
def upload(send, flac):
    return send(flac).json()


@pytest.fixture
def made_from(owner):
    """made_from(upload): a job that is made from it."""

    def make(upload):
        job = Job.objects.create(
            user=owner, task="cover", song_type="edits", display_name="Cover", model_version="v2"
        )
        source_use_create(job=job, source=SourceFile.objects.get(id=upload["id"]))
        return job

    return make


def test_it_is_kept_and_told(send, flac, api, django_capture_on_commit_callbacks):
    answer = send(flac)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["sha256"] == hashlib.sha256(flac).hexdigest()
    shown = ("filename", "bytes", "duration", "sample_rate", "channels", "format")
    assert [body[name] for name in shown] == ["Mein Lied.flac", len(flac), 0.6, 48_000, 2, "flac"]
    assert api.get(f"{ADDRESS}/{body['id']}").json() == body
    assert api.get(ADDRESS).json() == {"uploads": [body]}
    assert not OrphanFolder.objects.exists()


def test_the_body_may_be_the_file_itself(api, flac):
    answer = api.generic("POST", ADDRESS, flac, content_type="audio/mpeg")  # its bytes determine its type
    assert answer.status_code == 201, answer.content
    assert answer.json()["format"] == "flac"


def test_its_link_opens_it_without_a_key_and_says_its_kind_alone(client, upload, flac):
    answer = client.get(upload["url"])
    assert b"".join(answer.streaming_content) == flac
    assert answer["Content-Type"] == "audio/flac" and answer["X-Content-Type-Options"] == "nosniff"
    assert "Lied" not in answer["Content-Disposition"]
    part = client.get(upload["url"], headers={"Range": "bytes=0-3"})
    assert part.status_code == 206 and b"".join(part.streaming_content) == b"fLaC"


def test_a_changed_or_expired_link_opens_nothing(client, upload, settings, api):
    address = upload["url"].removeprefix("http://testserver")
    assert client.get(address.replace("/source/", "/source/1")).status_code == 404
    assert client.get(address.replace(".flac", ".html")).status_code == 404
    settings.AUDIO_LINK_HOURS = -2
    assert client.get(api.get(f"{ADDRESS}/{upload['id']}").json()["url"]).status_code == 410


def test_its_owner_deletes_it_with_its_file(api, client, upload, django_capture_on_commit_callbacks):
    name = SourceFile.objects.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(f"{ADDRESS}/{upload['id']}").json() == {"message": "Upload deleted"}
    assert not default_storage.exists(name)
    assert api.get(f"{ADDRESS}/{upload['id']}").status_code == 404
    assert client.get(upload["url"]).status_code == 404


def test_another_user_neither_sees_nor_deletes_it(client_of, other, upload):
    stranger = client_of(other)
    assert stranger.get(ADDRESS).json() == {"uploads": []}
    assert stranger.get(f"{ADDRESS}/{upload['id']}").status_code == 404
    assert stranger.delete(f"{ADDRESS}/{upload['id']}").status_code == 404
    assert SourceFile.objects.exists()


def test_what_a_job_is_made_from_stays(api, upload, made_from, django_capture_on_commit_callbacks):
    job = made_from(upload)
    assert api.get(f"{ADDRESS}/{upload['id']}").json()["expires_at"] is None
    refusal = api.delete(f"{ADDRESS}/{upload['id']}")
    assert refusal.status_code == 409 and refusal.json()["code"] == "source_in_use"
    SourceFile.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert sources_prune() == 0 and api.get(ADDRESS).json()["uploads"]
    job.delete()
    assert api.get(ADDRESS).json() == {"uploads": []}  # expired and no longer used
    name = SourceFile.objects.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        assert sources_prune() == 1
    assert not default_storage.exists(name)


def test_its_file_goes_with_its_owners_account(owner, upload, made_from, django_capture_on_commit_callbacks):
    made_from(upload)
    name = SourceFile.objects.get().storage_name
    with django_capture_on_commit_callbacks(execute=True):
        owner.delete()
    assert not default_storage.exists(name)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"<html>no sound</html>", 415, "unsupported_audio"),
        (b"", 415, "unsupported_audio"),
        (b"fLaC" + b"\7" * 900, 415, "unsupported_audio"),
        (sound_bytes("WAV")[:9_000], 415, "unsupported_audio"),
    ],
    ids=["page", "empty", "noise", "truncated"],
)
def test_what_is_no_audio_is_refused_and_nothing_stays(send, content, status, code):
    before = set(stored_names())
    answer = send(content, "song.mp3")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not SourceFile.objects.exists() and set(stored_names()) == before


def test_ten_hours_of_silence_are_too_long(send):
    answer = send(long_silence())
    assert (answer.status_code, answer.json()["code"]) == (413, "source_too_long")


def test_a_large_file_is_refused(send, flac, settings):
    settings.SOURCE_MAX_SIZE = "1kB"
    answer = send(flac)
    assert (answer.status_code, answer.json()["code"]) == (413, "source_too_large")


def test_no_file_is_a_sentence(api):
    answer = api.post(ADDRESS, {"other": "x"}, format="multipart")
    assert (answer.status_code, answer.json()["errors"]) == (400, {"file": ["Expected a file, got none."]})
    assert api.post(ADDRESS, {"file": "x"}, format="json").status_code == 415


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("UPLOADS_COUNT", 1, "have 1 files"), ("UPLOADS_PER_USER", "1kB", "for your uploads")],
)
def test_each_user_has_so_much_room(send, upload, flac, settings, client_of, other, name, value, words):
    setattr(settings, name, value)
    answer = send(flac)
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_quota_reached")
    assert words in answer.json()["detail"]
    if name == "UPLOADS_COUNT":
        assert send(flac, client=client_of(other)).status_code == 201


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("a\\b\\c.mp3", "c.mp3"), ("a\u202egpj.exe", "agpj.exe")],
)
def test_a_name_is_for_peoples_eyes_alone(send, flac, sent, kept):
    assert send(flac, sent).json()["filename"] == kept
    assert "passwd" not in SourceFile.objects.get().storage_name


def test_a_key_that_may_not_make_music_sends_nothing(owner, flac):
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    client = APIClient(headers={"X-API-Key": key})
    answer = client.post(ADDRESS, {"file": SimpleUploadedFile("a.flac", flac)}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_uploads_and_songs_share_what_a_user_may_keep(send, flac, upload, settings, owner):
    settings.STORAGE_PER_USER = "1MB"
    assert storage_use(owner).kept == len(flac) == upload["bytes"]
    Job.objects.create(
        user=owner,
        task="text2music",
        song_type="song",
        model_version="v2",
        bytes_reserved=1_000_000 - len(flac),
    )
    answer = send(flac)
    assert (answer.status_code, answer.json()["code"]) == (413, "storage_full"), answer.content
    assert "Delete some songs or uploads" in answer.json()["detail"]
    assert SourceFile.objects.count() == 1
