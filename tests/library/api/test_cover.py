"""A song's own cover over the API, from the uploaded file to where it is shown."""

import tarfile
from io import BytesIO

import mutagen
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from audiomusic.engines.covers.bounds import MAX_BYTES
from jobs.models import CoverFile, Job
from jobs.services import job_delete
from jobs.storage.budgets import StorageBudgetReached
from jobs.storage.integrity import file_problems
from jobs.storage.takes import stored_names
from jobs.storage.usage import storage_use
from tests.support.pictures import picture
from tests.support.recordings import new_job, recorded
from tests.support.tool_songs import tool_song

pytestmark = pytest.mark.django_db
RED = picture("PNG", (300, 300))


def address(job):
    return f"/api/v1/music/jobs/{getattr(job, 'id', job)}/cover"


def sent(content=RED):
    return {"file": SimpleUploadedFile("my face.png", content, "text/html")}


@pytest.fixture
def send(api):
    return lambda job, content=RED: api.put(address(job), sent(content), format="multipart")


def body_of(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_it_is_sent_seen_and_taken_away(api, client, owner, job_row, send):
    job = job_row(owner, status="COMPLETED")
    before = api.get(f"/api/v1/music/jobs/{job.id}").json()
    drawn = client.get(before["cover_url"])
    assert before["has_own_cover"] is False and drawn["Content-Type"] == "image/png"
    assert Image.open(BytesIO(drawn.content)).size == (512, 512)

    made = send(job)
    assert made.status_code == 200 and made.json()["has_own_cover"] is True, made.content
    shown = api.get(f"/api/v1/music/jobs/{job.id}").json()
    assert shown["cover_url"] == made.json()["cover_url"] != before["cover_url"]
    own = client.get(shown["cover_url"])
    assert (own["Content-Type"], own["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert own["Cache-Control"].startswith("private") and Image.open(BytesIO(body_of(own))).size == (300, 300)
    assert client.get(shown["cover_url"], headers={"If-None-Match": own["ETag"]}).status_code == 304
    assert CoverFile.objects.count() == 2 and file_problems() == []
    assert storage_use(owner).kept == sum(CoverFile.objects.values_list("byte_count", flat=True)) > 0

    for _ in range(2):
        assert api.delete(address(job)).json()["has_own_cover"] is False
    assert not CoverFile.objects.exists() and client.get(shown["cover_url"])["Content-Type"] == "image/png"


def test_another_takes_its_place_and_both_go_with_the_job(
    owner, job_row, send, django_capture_on_commit_callbacks
):
    job = job_row(owner, status="COMPLETED")
    send(job)
    first = list(CoverFile.objects.values_list("storage_name", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        send(job, picture("JPEG", (200, 200), colour=(0, 0, 250)))
    second = list(CoverFile.objects.values_list("storage_name", flat=True))
    assert [default_storage.exists(name) for name in [*first, *second]] == [False, False, True, True]
    with django_capture_on_commit_callbacks(execute=True):
        job_delete(job=Job.objects.get(id=job.id))
    assert not any(map(default_storage.exists, second)) and not CoverFile.objects.exists()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"not a picture", 415, "unsupported_picture"), (bytes(MAX_BYTES + 20_000), 413, "picture_too_large")],
)
def test_what_is_no_picture_is_refused(owner, job_row, send, content, status, code):
    answer = send(job_row(owner), content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not CoverFile.objects.exists()


def test_it_needs_a_file_and_room(api, owner, job_row, send):
    job = job_row(owner)
    assert api.put(address(job), {}, format="multipart").json()["errors"] == {
        "file": ["Expected a file, got none."]
    }
    assert api.put(address(job), {"file": "x"}, format="json").status_code == 415
    owner.storage_limit_mb = 0
    owner.save()
    before = list(stored_names())
    assert (send(job).status_code, send(job).json()["code"]) == (413, "storage_full")
    assert not CoverFile.objects.exists() and list(stored_names()) == before


def test_another_users_job_does_not_exist(api, other, job_row, send):
    job = job_row(other)
    for id in (job.id, job.id + 1, 2**70):
        assert (send(id).status_code, api.delete(address(id)).status_code) == (404, 404)
    assert not CoverFile.objects.exists()


def test_downloads_carry_it(api, client, owner, send):
    take = recorded(new_job(owner, display_name="Night Train", format="flac"))
    url = api.get(f"/api/v1/music/jobs/{take.job_id}").json()["output_url"]
    before = mutagen.File(BytesIO(body_of(client.get(url)))).pictures[0]
    send(take.job)
    after = mutagen.File(BytesIO(body_of(client.get(url)))).pictures[0]
    assert (before.mime, after.mime) == ("image/png", "image/jpeg")
    large = CoverFile.objects.get(format="cover")
    assert after.data == default_storage.open(large.storage_name).read()


def test_a_backup_holds_it(owner, job_row, send, tmp_path):
    send(job_row(owner, status="COMPLETED"))
    call_command("backup", str(tmp_path / "all.tar"))
    with tarfile.open(tmp_path / "all.tar") as archive:
        names = archive.getnames()
    assert all(f"audio/{file.storage_name}" in names for file in CoverFile.objects.all())


def test_the_proof_finds_a_cover_that_is_lost(owner, job_row, send):
    job = job_row(owner, status="COMPLETED")
    send(job)
    CoverFile.objects.all().delete()
    assert file_problems()[0] == f"Job {job.id} says it has a cover, but has no file of it."


@pytest.fixture
def rework(api, django_capture_on_commit_callbacks):
    """rework(tool, song): request a job and return it after its transaction commits."""

    def ask(tool, song, **body):
        with django_capture_on_commit_callbacks(execute=True):
            answer = api.post(f"/api/v1/music/{tool}", {"source_job_id": song.id, **body})
        assert answer.status_code == 200, answer.content
        return Job.objects.get(id=answer.json()["job"]["id"])

    return ask


@pytest.mark.parametrize(
    ("tool", "body"),
    [
        ("cover", {"caption": "jazz trio"}),
        ("reference", {"caption": "rain"}),
        ("extract-stem", {"track_name": "drums"}),
    ],
)
def test_what_is_made_of_a_song_begins_with_its_picture(api, client, owner, send, rework, tool, body):
    song = tool_song(owner)
    send(song)
    song.refresh_from_db()
    made = rework(tool, song, **body)
    assert made.cover_version == song.cover_version and CoverFile.objects.filter(job=made).count() == 2
    seen = client.get(api.get(f"/api/v1/music/jobs/{made.id}").json()["cover_url"])
    assert seen["Content-Type"] == "image/jpeg" and Image.open(BytesIO(body_of(seen))).size == (300, 300)
    assert file_problems() == []

    api.delete(address(song))  # the copy stays and can be deleted by itself
    made.refresh_from_db()
    assert made.cover_version
    assert api.delete(address(made)).json()["has_own_cover"] is False
    assert not CoverFile.objects.exists()


def test_a_rework_with_a_picture_of_its_own_has_no_copy(owner, send, rework):
    song = tool_song(owner)
    send(song)
    made = rework("retake", song, thumbnail_url="https://example.org/own.jpg")
    assert made.cover_version is None and CoverFile.objects.filter(job=made).count() == 0
    assert rework("retake", tool_song(owner)).cover_version is None  # nothing to copy


def test_a_rework_is_made_without_where_there_is_no_room_or_no_file(owner, send, rework, monkeypatch):
    song = tool_song(owner)
    send(song)

    before = set(stored_names())

    def refuse(job, asked):
        raise StorageBudgetReached("No room.")

    with monkeypatch.context() as patched:
        patched.setattr("jobs.covers.services._check_room", refuse)
        crowded = rework("retake", song)
    assert crowded.cover_version is None and CoverFile.objects.filter(job=crowded).count() == 0
    names = CoverFile.objects.values_list("storage_name", flat=True)
    assert set(stored_names()) == before  # no file was left behind
    for name in names:
        default_storage.delete(name)
    assert rework("retake", song).cover_version is None
