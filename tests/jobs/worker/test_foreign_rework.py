"""New songs out of audio that this server did not make: from the file to the takes, and each way it fails."""

import numpy as np
import pytest

from jobs.models import Job, SourceFile
from jobs.tasks import run_pending_jobs
from jobs.worker.foreign_sources import heard_song
from tests.support.band import RATE_HZ, band
from tests.support.sounds import endless, long_silence, sound_bytes, web_server

# Real transactions: the lease is kept by a thread with a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)

CHORDS = [(57, "m"), (50, "m"), (52, ""), (57, "m")]  # Am Dm E Am, twice


@pytest.fixture(scope="module")
def song_bytes():
    return sound_bytes("MP3", rate_hz=RATE_HZ, samples=band(CHORDS, bpm=120, bars=4))


@pytest.fixture(autouse=True)
def where(settings, tmp_path):
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "audio"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    settings.SOURCE_URLS = "private"  # the tests' own server
    settings.SOURCE_MAX_SIZE = "2MB"


@pytest.fixture
def api(client_of, owner):
    return client_of(owner)


def cover(api, **body):
    return api.post("/api/v1/music/cover", {"caption": "calm jazz", "seed": 4, **body})


def finished(answer):
    assert answer.status_code == 200, answer.content
    run_pending_jobs()
    return Job.objects.get(id=answer.json()["job"]["id"])


def test_a_cover_of_an_upload_keeps_its_harmony(api, song_bytes):
    upload = api.generic("POST", "/api/v1/music/uploads", song_bytes, content_type="audio/mpeg").json()
    job = finished(cover(api, src_audio_url=upload["url"], audio_cover_strength=1.0))
    assert job.status == "COMPLETED", job.error_message
    assert (job.bpm, job.keyscale, job.timesignature) == (pytest.approx(120, rel=0.01), "A Minor", "4/4")
    source = job.effective["source"]
    assert (source["kind"], source["source_id"]) == ("upload", upload["id"])
    assert len(source["sha256"]) == 64 and job.effective["lyrics_source"] == "none"
    assert job.takes.get().duration_s == pytest.approx(8, rel=0.3)
    assert api.delete(f"/api/v1/music/uploads/{upload['id']}").status_code == 409


def test_audio_at_an_address_is_fetched_and_kept(api, song_bytes):
    with web_server({"/Rainy.mp3?key=s3cret": song_bytes}) as site:
        job = finished(cover(api, src_audio_url=f"{site}/Rainy.mp3?key=s3cret"))
    assert job.status == "COMPLETED", job.error_message
    assert job.effective["source"]["kind"] == "url" and "s3cret" not in str(job.effective)
    assert job.source_use.source.file_name == "Rainy.mp3"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"<html>", "source_not_audio"),
        (b"", "source_not_audio"),
        (sound_bytes("WAV")[:9_000], "source_not_audio"),
        (long_silence(), "source_too_long"),
        (long_silence(said_s=0), "source_too_long"),
        (endless, "source_too_large"),
        (None, "source_unreachable"),
        (sound_bytes("FLAC", samples=np.zeros((48_000, 2), np.float32)), "analysis_failed"),
    ],
    ids=["page", "empty", "truncated", "ten-hours", "unsaid", "endless", "missing", "silence"],
)
def test_what_cannot_be_covered_fails_with_a_code_and_costs_nothing(api, page, code):
    with web_server({} if page is None else {"/a": page}) as site:
        job = finished(cover(api, src_audio_url=f"{site}/a"))
    assert (job.status, job.error_code) == ("FAILED", code), job.error_message
    assert job.error_message.endswith(".") and (job.credits_held, job.credits_charged) == (0, 0)
    assert (code == "analysis_failed") == SourceFile.objects.exists()


def test_the_worker_lives_after_all_of_them(api, song_bytes):
    with web_server({"/bad": b"nothing", "/good": song_bytes}) as site:
        bad, good = cover(api, src_audio_url=f"{site}/bad"), cover(api, src_audio_url=f"{site}/good")
        run_pending_jobs()
    states = [Job.objects.get(id=answer.json()["job"]["id"]).status for answer in (bad, good)]
    assert states == ["FAILED", "COMPLETED"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("repaint", {"repainting_start": 0, "repainting_end": 2, "caption": "x"}, "engine_cannot"),
        (
            "cover",
            {"caption": "jazz", "lyrics": "[Verse]\nla la", "audio_cover_strength": 0.9},
            "engine_cannot",
        ),
        ("cover", {"caption": "jazz", "src_audio_url": "http://10.0.0.1/a"}, "source_url_not_allowed"),
    ],
)
def test_what_cannot_be_done_says_what_could(api, settings, path, body, code):
    settings.SOURCE_URLS = "public"
    answer = api.post(f"/api/v1/music/{path}", {"src_audio_url": "https://a.example/b.mp3", **body})
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content
    assert not Job.objects.exists()


def test_the_same_audio_is_heard_the_same(api, owner, song_bytes):
    upload = api.generic("POST", "/api/v1/music/uploads", song_bytes, content_type="audio/mpeg").json()
    job = Job.objects.get(id=cover(api, src_audio_url=f"upload:{upload['id']}").json()["job"]["id"])
    assert heard_song(job, lambda: False) == heard_song(job, lambda: False)
