"""POST /{id}/lrc: synchronized lyrics of a song that was made without them."""

import pytest

from audiomusic.engines.studio.lyric_timing import kept_lrc
from jobs.models import Job
from tests.support.studio_songs import band_score, kept_document, studio_song

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner, client_of):
    return client_of(owner)


def sync(api, job, query="", body=None):
    return api.post(f"/api/v1/music/{job.id}/lrc{query}", body)


def test_it_tells_when_each_line_and_word_is_sung(api, owner):
    song = studio_song(owner)
    body = sync(api, song).json()
    lyrics, enhanced = kept_lrc({**kept_document(), "title": "Rainy Day"})
    assert body["success"] is True and (body["job_id"], body["take"]) == (song.id, 1)
    assert body["lrc_content"] == lyrics
    assert "[00:01.00]river runs" in body["lrc_content"]
    assert body["enhanced_lrc_content"] == enhanced
    assert api.get(body["lrc_url"]).content.decode() == body["lrc_content"]
    assert api.get(body["enhanced_lrc_url"]).content.decode() == body["enhanced_lrc_content"]
    song.refresh_from_db()
    assert song.lrc_content == song.takes.get().lrc_content == body["lrc_content"]
    assert sync(api, song, body={}).json() == body


def test_a_later_take_leaves_the_jobs_own_lyrics(api, owner):
    song = studio_song(owner, takes=2)
    assert sync(api, song, "?take=2").json()["take"] == 2
    assert song.takes.get(index=2).lrc_content and not Job.objects.get().lrc_content


def test_lyrics_that_are_there_are_told_as_they_are(api, owner):
    song = studio_song(owner, engine="acestep", has_score=False)
    song.takes.update(lrc_content="[00:01.00]la", enhanced_lrc="<00:01.00>la")
    assert sync(api, song).json()["lrc_content"] == "[00:01.00]la"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"document": kept_document(band_score(is_sung=False))}, "no_lyrics"),
        ({"document": kept_document(words=[])}, "no_lyrics"),
        ({"has_score": False, "lyrics": ""}, "no_lyrics"),
        ({"has_score": False, "engine": "acestep"}, "engine_cannot"),
        ({"status": "PROCESSING"}, "source_not_completed"),
    ],
)
def test_a_song_without_timed_words_says_why(api, owner, values, code):
    answer = sync(api, studio_song(owner, **values))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Job.objects.get().lrc_content


def test_another_users_song_does_not_exist(api, other):
    answer = sync(api, studio_song(other))
    assert (answer.status_code, answer.json()["detail"]) == (404, "Music job not found")


def test_it_has_a_rate_of_its_own(api, owner, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off") | {"lrc": "20/min"}
    assert sync(api, studio_song(owner))["X-RateLimit-Limit"] == "20"
