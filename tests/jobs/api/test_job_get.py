import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from audiomusic.accounts.services import key_create
from jobs.models import Take
from tests.support.recordings import SCORE, new_job, recorded

ADDRESSES = ["/api/v1/music/jobs/{}/status", "/api/v1/music/jobs/{}", "/api/v1/jobs/{}"]

#: Exactly what the contract lists, in its order.
FIELDS = {
    "id", "task", "status", "progress", "stage", "output_url", "output_urls", "audio_duration",
    "actual_seeds", "lrc_content", "quality_score", "display_name", "thumbnail_url", "user_id",
    "cover_url", "has_own_cover",
    "created_at", "completed_at", "error_message", "prompt", "lyrics", "song_type", "vocal_language",
    "bpm", "keyscale", "timesignature", "genres", "emotions", "occasions", "tags", "format", "batch_size",
    "model_version", "engine", "source_job_id", "started_at", "attempts", "queue_position",
    "error_code", "params", "effective", "takes", "credits",
}  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_shows_a_waiting_job(api, owner, job_row, address):
    job = job_row(owner, bpm=96.0)
    body = api.get(address.format(job.id)).json()
    assert set(body) == FIELDS
    assert (body["id"], body["status"], body["progress"], body["stage"]) == (job.id, "PENDING", None, None)
    assert body["output_url"] is None and body["output_urls"] is None and body["actual_seeds"] == []
    assert body["bpm"] == 96 and body["queue_position"] == 0
    assert body["created_at"].endswith("Z") and body["completed_at"] is None


def test_it_shows_a_finished_job(api, owner, job_row):
    job = job_row(owner, status="COMPLETED", takes=2, format="mp3", credits_reserved=10, credits_charged=9)
    body = api.get(f"/api/v1/music/jobs/{job.id}/status").json()
    assert body["progress"] == 100 and body["actual_seeds"] == [41, 42] and body["queue_position"] is None
    assert list(body["output_urls"]) == ["flac", "wav", "mp3", "ogg"] or set(body["output_urls"]) == {
        "flac", "wav", "mp3", "ogg",
    }  # fmt: skip
    assert body["output_url"] == body["output_urls"]["mp3"] == body["takes"][0]["urls"]["mp3"]
    assert body["output_url"].startswith("http://testserver/audio/")
    take = body["takes"][1]
    assert (take["index"], take["seed"], take["duration"], take["quality_score"]) == (2, 42, 30.0, 0.75)
    assert take["peaks_url"].startswith("http://testserver/peaks/") and take["lrc"] is None
    kept = ("lrc_url", "enhanced_lrc", "enhanced_lrc_url", "score_url", "midi_url", "recipe_url")
    assert [take[name] for name in kept] == [None] * len(kept)
    assert body["credits"] == {"reserved": 10, "charged": 9, "refunded": 0}


def test_a_take_links_to_all_that_is_kept_of_it(api, owner, client):
    job = recorded(new_job(owner), score=SCORE).job
    [take] = api.get(f"/api/v1/music/jobs/{job.id}").json()["takes"]
    assert take["lrc"] == "[00:00.50]la\n"
    assert take["enhanced_lrc"] == "[00:00.50]<00:00.50>la <00:01.00>\n"
    for name, content_type in {
        "lrc_url": "text/plain; charset=utf-8",
        "enhanced_lrc_url": "text/plain; charset=utf-8",
        "score_url": "application/json",
        "midi_url": "audio/midi",
        "recipe_url": "application/json",
    }.items():
        answer = client.get(take[name].removeprefix("http://testserver"))
        assert (answer.status_code, answer["Content-Type"]) == (200, content_type)


def test_it_shows_a_failed_job(api, owner, job_row):
    job = job_row(owner, status="FAILED", error_code="engine_failed", error_message="It broke.")
    body = api.get(f"/api/v1/music/jobs/{job.id}").json()
    assert (body["error_code"], body["error_message"]) == ("engine_failed", "It broke.")
    assert body["takes"] == []


def test_it_tells_the_place_in_the_queue(api, owner, other, job_row):
    job_row(other), job_row(other, status="PROCESSING")
    job = job_row(owner)
    job_row(other)
    assert api.get(f"/api/v1/music/jobs/{job.id}").json()["queue_position"] == 1


def test_its_etag_holds_until_the_job_moves(api, owner, job_row):
    job = job_row(owner, status="COMPLETED")
    address = f"/api/v1/music/jobs/{job.id}/status"
    first = api.get(address)
    again = api.get(address, headers={"If-None-Match": f'W/"old", {first["ETag"]}'})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"]
    job.display_name = "Other"
    job.save()
    assert api.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_it_reads_little(owner, job_row, django_assert_num_queries):
    """With a real key, query the key with its user, the job, and its takes; never a take's peaks."""
    job = job_row(owner, status="COMPLETED", takes=3)
    Take.objects.update(peaks=[0.5] * 800)
    _, key = key_create(user=owner, name="bench")
    client = APIClient(headers={"X-API-Key": key})
    client.get(f"/api/v1/music/jobs/{job.id}/status")
    cache.clear()
    with django_assert_num_queries(3) as seen:
        assert client.get(f"/api/v1/music/jobs/{job.id}/status").status_code == 200
    assert not any('"peaks"' in query["sql"] for query in seen.captured_queries)


@pytest.mark.parametrize("address", ADDRESSES)
def test_anothers_job_does_not_exist(owner, staff, client_of, job_row, address):
    job = job_row(owner)
    answer = client_of(staff).get(address.format(job.id))
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Music job not found", "code": "not_found"}


@pytest.mark.parametrize("job_id", ["0", "999999", str(2**63), "9" * 40, "9" * 5000, "x", "1.5", "-1"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_odd_id_is_404(api, address, job_id):
    answer = api.get(address.format(job_id))
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"


def test_it_wants_credentials(owner, job_row):
    answer = APIClient().get(f"/api/v1/music/jobs/{job_row(owner).id}/status")
    assert answer.status_code == 401 and answer["Content-Type"] == "application/json"


def test_it_wants_the_reading_scope(owner, job_row):
    _, key = key_create(user=owner, name="writer", scopes=["music:generate"])
    answer = APIClient(headers={"X-API-Key": key}).get(f"/api/v1/music/jobs/{job_row(owner).id}/status")
    assert answer.status_code == 403


def test_status_is_for_reading_only(api, owner, job_row):
    address = f"/api/v1/music/jobs/{job_row(owner).id}/status"
    assert api.delete(address).status_code == 405
