"""POST /analyze of the user's own songs: what their scores say."""

import pytest
from django.core.cache import cache

import audiomusic.settings as shipped
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import document_of, tool_song

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/music/analyze"


def test_it_tells_what_the_score_has(api, owner):
    song = tool_song(owner, vocal_language="en")
    answer = api.post(ADDRESS, {"audio_url": f"job:{song.id}", "temperature": 0.85})
    assert answer.status_code == 200, answer.content
    body, score = answer.json(), document_of()
    assert body["success"] is True and body["source"] == "score"
    assert (body["bpm"], body["keyscale"]) == (score["bpm"], score["key"])
    assert (body["timesignature"], body["language"]) == ("4/4", "en")
    assert body["duration"] == 30.0 and body["lyrics"] == song.lyrics
    assert body["sections"][0]["start_s"] == 0.0
    assert body["chords"][0] == score["chords"][0][:3]
    assert body["downbeats"] == body["beats"][::4]
    assert body["audio_codes"] is None
    assert set(body["not_applied"]) == {"temperature"}


def test_it_makes_no_job_and_counts_by_its_own_limit(api, owner, settings):
    settings.RATE_LIMITS = shipped.RATE_LIMITS
    cache.clear()
    song = tool_song(owner)
    answer = api.post(ADDRESS, {"source_job_id": song.id})
    assert answer["X-RateLimit-Limit"] == "10"
    assert [job["id"] for job in api.get("/api/v1/music/jobs").json()] == [song.id]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "validation_error"),
        ({"audio_url": "job:1", "source_job_id": 1}, 400, "validation_error"),
        ({"audio_url": "ftp://a.example/b"}, 400, "validation_error"),
        ({"source_job_id": 10**9}, 404, "source_not_found"),
        ({"source_job_id": 1, "temperature": 3}, 400, "validation_error"),
    ],
)
def test_what_names_no_song_is_refused(api, body, status, code):
    answer = api.post(ADDRESS, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_song_without_a_score_is_heard_by_a_worker(api, owner):
    """No worker is running here."""
    song = studio_song(owner, engine="acestep", has_score=False)
    answer = api.post(ADDRESS, {"source_job_id": song.id})
    assert (answer.status_code, answer.json()["code"]) == (202, "analysis_pending")
