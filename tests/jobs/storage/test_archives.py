"""ZIPs of stems: how many are built at once, what is missing, and that no file stays open."""

import io
import zipfile
from types import SimpleNamespace

import pytest

from jobs.storage import archives, copies
from jobs.storage.archives import NoRoomForArchive, stems_archive
from jobs.storage.copies import EncodersBusy
from jobs.storage.files import delete_files
from jobs.storage.links import PROJECT_KIND, STEMS_KIND, archive_url, make_token
from jobs.storage.takes import AudioMissing
from tests.support.recordings import ALL_STEMS, REQUEST, new_job, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(owner):
    """One take of a job that made all stems."""
    return recorded(new_job(owner, effective=REQUEST | ALL_STEMS | {"stems": [["backing_vocals"]]}))


def free_places():
    return archives._open._value


@pytest.fixture(autouse=True)
def nothing_stays_open():
    before = free_places()
    yield
    assert free_places() == before == archives.OPEN_AT_ONCE


def test_it_holds_each_take_under_its_stems_name(client, take):
    answer = client.get(archive_url(take.job, STEMS_KIND, base_url=""))
    content = b"".join(answer)
    answer.close()
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["01 backing vocals.wav"]
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    assert ".zip" in answer["Content-Disposition"]


def test_a_head_makes_nothing(client, take, monkeypatch):
    monkeypatch.setattr("jobs.storage.media.views.stems_archive", None)
    answer = client.head(archive_url(take.job, STEMS_KIND, base_url=""))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")


def test_the_same_stems_are_the_same_bytes(take):
    contents = []
    for _ in range(2):
        archive = stems_archive([take], "stems")
        contents.append(archive.file.read())
        archive.close()
    assert contents[0] == contents[1]


def test_only_a_few_are_open_at_once(client, take):
    held = [stems_archive([take], "stems") for _ in range(archives.OPEN_AT_ONCE)]
    with pytest.raises(EncodersBusy):
        stems_archive([take], "stems")
    answer = client.get(archive_url(take.job, STEMS_KIND, base_url=""))
    assert (answer.status_code, answer.json()["code"]) == (503, "encoder_busy") and answer["Retry-After"]
    for archive in held:
        archive.close()
        archive.close()  # closing once is enough
    stems_archive([take], "stems").close()


def test_one_that_nobody_closes_is_closed_with_its_answer(take):
    archive = stems_archive([take], "stems")
    del archive


def test_encoders_are_shared_with_other_formats(take, monkeypatch):
    monkeypatch.setattr(copies, "WAIT_S", 0.1)
    taken = [copies._encoders.acquire(blocking=False) for _ in range(copies.ENCODERS)]
    try:
        with pytest.raises(EncodersBusy):
            stems_archive([take], "stems")
    finally:
        for _ in taken:
            copies._encoders.release()


def test_a_full_disk_is_told(client, take, monkeypatch):
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(NoRoomForArchive):
        stems_archive([take], "stems")
    answer = client.get(archive_url(take.job, PROJECT_KIND, base_url=""))
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_full")


def test_a_lost_master_is_told(client, take):
    delete_files([take.files.get(format="flac").storage_name])
    with pytest.raises(AudioMissing):
        stems_archive([take], "stems")
    assert client.get(archive_url(take.job, STEMS_KIND, base_url="")).status_code == 404


def test_a_token_of_another_kind_opens_no_archive(client, take):
    for token in (make_token(take.job_id, 1, "flac"), make_token(take.job_id, 1, "recipe")):
        assert client.get(f"/archive/{token}/a.zip").status_code == 404
    token = make_token(take.job_id, 1, STEMS_KIND)
    assert client.get(f"/archive/{token}/a.wav").status_code == 404
