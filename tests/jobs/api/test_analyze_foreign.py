"""POST /analyze of audio without a score: a worker analyzes it."""

import threading

import numpy as np
import pytest

from jobs.analysis import orders
from jobs.analysis.models import AnalysisOrder
from jobs.analysis.orders import MAX_OPEN, analysis_answer, analysis_claim
from jobs.models import Job
from jobs.worker.threads.analyst import answer_to
from tests.support.band import RATE_HZ, band
from tests.support.sounds import long_silence, sound_bytes, web_server

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def song_bytes():
    return sound_bytes("MP3", rate_hz=RATE_HZ, samples=band([(57, "m"), (50, "m"), (52, ""), (57, "m")]))


@pytest.fixture
def analyze(api):
    """analyze(**body): POST as the owner."""
    return lambda **body: api.post("/api/v1/music/analyze", body)


@pytest.fixture
def worker(monkeypatch, settings):
    """A worker that answers as soon as a request waits."""
    settings.SOURCE_URLS = "private"
    claimed = []

    def wait(*, order):
        if order.answer is None and (mine := analysis_claim()):
            claimed.append(mine)
            analysis_answer(order=mine, answer=answer_to(mine))
        order.refresh_from_db()
        return order.answer

    monkeypatch.setattr("jobs.api.hearing.analysis_wait", wait)
    return claimed


@pytest.fixture
def upload(api, song_bytes):
    answer = api.generic("POST", "/api/v1/music/uploads", song_bytes, content_type="audio/mpeg")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_an_upload_is_heard_by_a_worker(analyze, upload, worker):
    answer = analyze(audio_url=f"upload:{upload['id']}", temperature=0.85)
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["success"], found["source"], found["keyscale"]) == (True, "estimate", "A Minor")
    assert found["bpm"] == pytest.approx(120, rel=0.01) and found["timesignature"] == "4/4"
    assert found["not_applied"].keys() == {"temperature"} and found["audio_codes"] is None


def test_the_same_audio_is_heard_once(analyze, upload, worker):
    first = analyze(audio_url=f"upload:{upload['id']}")
    assert analyze(audio_url=upload["url"]).json() == first.json()
    assert len(worker) == 1


def test_audio_elsewhere_is_fetched_by_the_worker(analyze, worker, song_bytes):
    with web_server({"/a.mp3?key=s3cret": song_bytes}) as site:
        found = analyze(audio_url=f"{site}/a.mp3?key=s3cret").json()
    assert found["keyscale"] == "A Minor"
    assert "s3cret" not in str(AnalysisOrder.objects.values())


def test_what_takes_longer_is_asked_for_again(analyze, upload):
    """No worker is running."""
    for _ in range(2):
        answer = analyze(audio_url=upload["url"])
        assert (answer.status_code, answer["Retry-After"]) == (202, "5")
        assert (answer.json()["success"], answer.json()["code"]) == (False, "analysis_pending")
    assert AnalysisOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"<html>", 415, "unsupported_audio"),
        (b"", 415, "unsupported_audio"),
        (sound_bytes("WAV")[:9_000], 415, "unsupported_audio"),
        (long_silence(), 413, "source_too_long"),
        (None, 400, "source_unreachable"),
    ],
    ids=["page", "empty", "truncated", "long", "missing"],
)
def test_what_cannot_be_heard_is_refused_with_a_code(analyze, worker, content, status, code):
    pages = {} if content is None else {"/a": content}
    with web_server(pages) as site:
        answer = analyze(audio_url=f"{site}/a")
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content


def test_in_silence_nothing_is_found(analyze, worker, api):
    silence = sound_bytes("FLAC", samples=np.zeros((48_000, 2), np.float32))
    upload = api.generic("POST", "/api/v1/music/uploads", silence, content_type="audio/flac").json()
    answer = analyze(audio_url=upload["url"])
    assert answer.status_code == 200 and answer.json()["success"] is False
    assert "neither a pulse nor a pitch" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_error"),
        ({"audio_url": "job:1", "source_job_id": 1}, "validation_error"),
        ({"audio_url": "file:///etc/passwd"}, "validation_error"),
        ({"audio_url": "http://127.0.0.1/a"}, "source_url_not_allowed"),
        ({"audio_url": "job:1", "volume": 3}, "validation_error"),
        ({"source_job_id": 999}, "source_not_found"),
        ({"audio_url": "upload:99"}, "source_not_found"),
    ],
)
def test_what_names_nothing_is_refused(analyze, body, code):
    answer = analyze(**body)
    assert answer.json()["code"] == code, answer.content
    assert not AnalysisOrder.objects.exists()


def test_another_users_upload_does_not_exist(client_of, other, upload):
    answer = client_of(other).post("/api/v1/music/analyze", {"audio_url": upload["url"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "source_not_found")


def test_a_deleted_upload_ends_in_a_sentence(analyze, upload, api):
    analyze(audio_url=upload["url"])
    api.delete(f"/api/v1/music/uploads/{upload['id']}")
    assert answer_to(analysis_claim())["refused"]["code"] == "source_not_found"
    assert analysis_claim() is None


def test_only_so_many_questions_of_a_user_wait(analyze, settings):
    for number in range(MAX_OPEN):
        assert analyze(audio_url=f"https://a.example/{number}").status_code == 202
    answer = analyze(audio_url="https://a.example/more")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_waiting")


def test_only_half_of_the_web_threads_wait(analyze, upload, monkeypatch):
    monkeypatch.setattr(orders, "live_workers", lambda: Job.objects.all())
    monkeypatch.setattr(orders, "_waiters", threading.BoundedSemaphore(1))
    orders._waiters.acquire()
    assert analyze(audio_url=upload["url"]).status_code == 202
