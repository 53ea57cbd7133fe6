"""POST /extract-stem: what it accepts, the resulting job, and each error."""

import pytest

from audiomusic.accounts.credits.ledger import balance_of
from jobs.models import Job, Status
from jobs.services import job_delete
from jobs.storage.links import audio_url, lrc_url
from tests.support.studio_songs import band_score, kept_document, studio_song

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
HAS = "This song has: vocals, drums, bass, keyboard."


@pytest.fixture
def song(owner):
    return studio_song(owner)


@pytest.fixture
def extract(api):
    """extract(**body): POST as the owner."""
    return lambda **body: api.post("/api/v1/music/extract-stem", body)


def test_it_makes_a_waiting_job_from_an_own_link(extract, song):
    """The public client sends such requests."""
    link = audio_url(song, 1, "flac", base_url=SITE)
    answer = extract(src_audio_url=link, track_name="bass")
    assert answer.status_code == 200, answer.content
    assert answer.json()["message"] == "Stem extraction started"
    job = answer.json()["job"]
    assert (job["task"], job["song_type"], job["status"]) == ("extract", "edits", "PENDING")
    assert (job["source_job_id"], job["engine"], job["batch_size"]) == (song.id, "studio", 1)
    assert job["display_name"] == "Rainy Day – bass"
    assert job["params"] == {"src_audio_url": link, "track_name": "bass"}
    assert job["genres"] == ["pop"]
    effective = job["effective"]
    assert effective["stems"] == [["bass"]]
    assert effective["operation"] == {
        "name": "extract", "mode": "stem", "track_name": "bass", "method": "exact",
    }  # fmt: skip
    assert effective["source"] == {
        "kind": "job", "job_id": song.id, "take": 1, "sha256": "a" * 64, "duration": 8.0,
        "sample_rate": 48_000,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name_it",
    [
        lambda song: {"source_job_id": song.id},
        lambda song: {"source_job_id": song.id, "source_take": 1},
        lambda song: {"src_audio_url": f"job:{song.id}"},
        lambda song: {"src_audio_url": f"job:{song.id}/take/1"},
        lambda song: {"src_audio_url": audio_url(song, 1, "mp3", base_url="")},  # a bare path
        lambda song: {"src_audio_url": audio_url(song, 1, "wav", base_url=SITE) + "?download=1"},
        lambda song: {"src_audio_url": audio_url(song, 1, "wav", base_url="HTTP://TestServer:80")},
    ],
)
def test_a_song_has_several_names(extract, song, name_it):
    assert extract(**name_it(song), track_name="Drums ").json()["job"]["source_job_id"] == song.id


@pytest.mark.parametrize(
    ("wishes", "stems", "title"),
    [
        ({"track_name": "VOCALS"}, [["vocals"]], "Rainy Day – vocals"),
        (
            {"track_name": "vocals", "mode": "without"},
            [["drums", "bass", "keyboard"]],
            "Rainy Day – without vocals",
        ),
        ({"all_stems": True}, [["vocals"], ["drums"], ["bass"], ["keyboard"]], "Rainy Day – stems"),
        ({"track_name": "bass", "display_name": "Low end"}, [["bass"]], "Low end"),
    ],
)
def test_a_part_the_rest_or_every_part(extract, song, wishes, stems, title):
    job = extract(source_job_id=song.id, **wishes).json()["job"]
    assert job["effective"]["stems"] == stems
    assert (job["display_name"], job["batch_size"]) == (title, len(stems))


def test_a_take_is_chosen(extract, owner):
    song = studio_song(owner, takes=3)
    job = extract(source_job_id=song.id, source_take=2, track_name="bass").json()["job"]
    assert (job["effective"]["source"]["take"], job["effective"]["seeds"]) == (2, [8])
    job = extract(src_audio_url=f"job:{song.id}/take/3", track_name="bass").json()["job"]
    assert job["effective"]["source"]["take"] == 3


def test_base_parameters_are_taken_and_what_has_no_use_is_told(extract, song):
    job = extract(
        source_job_id=song.id, track_name="bass", format="mp3", seed=5, batch_size=1, audio_duration=8.4,
        engine="studio", generate_lrc=True, calculate_quality=True, thumbnail_url="https://a.example/b.png",
        quality="premium",
    ).json()["job"]  # fmt: skip
    assert (job["format"], job["thumbnail_url"]) == ("mp3", "https://a.example/b.png")
    assert sorted(job["effective"]["not_applied"]) == [
        "calculate_quality", "generate_lrc", "quality", "seed",
    ]  # fmt: skip


@pytest.mark.parametrize("wishes", [{"track_name": "bass"}, {"all_stems": True}])
def test_it_reserves_what_the_songs_length_costs(extract, song, owner, credits_of, wishes):
    job = extract(source_job_id=song.id, **wishes).json()["job"]
    assert job["credits"]["reserved"] == 132  # 8 s, charged once, however many stems it makes
    assert credits_of(owner) == 10_000 - 132


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "track_name", "Required: one of vocals, drums, bass"),
        ({"track_name": "tuba"}, "track_name", "Expected one of vocals, drums, bass"),
        ({"track_name": ""}, "track_name", "Expected one of"),
        ({"track_name": "bass", "all_stems": True}, "track_name", "Expected none with all_stems"),
        ({"all_stems": True, "mode": "without"}, "mode", "Expected stem with all_stems"),
        ({"track_name": "bass", "mode": "solo"}, "mode", "Expected one of stem, without"),
        ({"track_name": "bass", "batch_size": 2}, "batch_size", "from 1 to 1, got 2"),
        ({"track_name": "bass", "duration": 12}, "duration", "Expected -1 or the song's own 8.00 s, got 12"),
        ({"track_name": "bass", "source_take": 2}, "source_take", "Expected a take from 1 to 1, got 2"),
        ({"track_name": "bass", "lyrics": "x"}, "lyrics", "Unknown parameter"),
        ({"track_name": "bass", "src_audio_url": "job:1"}, "source_job_id", "either .* got both"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(extract, song, body, field, sentence):
    answer = extract(source_job_id=song.id, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), answer.content
    [told] = answer.json()["errors"][field]
    assert_matches(sentence, told)
    assert Job.objects.count() == 1


def assert_matches(sentence, told):
    parts = sentence.split(" .* ")
    assert all(part in told for part in parts), told


def test_no_song_is_named(extract):
    answer = extract(track_name="bass")
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"src_audio_url", "source_job_id"}
    assert "got neither" in answer.json()["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/b.wav", "file:///etc/passwd", "data:audio/wav;base64,AA", "song.wav", "job:",
        "job:1/2", "job:1/take/0", "upload:x", "http://", "http://a:b@a.example/c.wav", "http://a.example:99999/b",
        "https://a.example/b c", "//a.example/b.wav", "https://a.example/" + "b" * 2040,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(extract, song, url):
    answer = extract(src_audio_url=url, track_name="bass")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), answer.content
    assert "src_audio_url" in answer.json()["errors"]


def test_voices_of_other_audio_are_refused_where_no_model_is_installed(extract):
    answer = extract(src_audio_url="https://a.example/song.mp3", track_name="vocals")
    assert (answer.status_code, answer.json()["code"]) == (400, "engine_cannot")
    assert "needs a separation model" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_another_users_song_does_not_exist(extract, other, owner):
    theirs = studio_song(other)
    for body in (
        {"source_job_id": theirs.id},
        {"source_job_id": 2**63 - 1},
        {"src_audio_url": f"job:{theirs.id}"},
        {"src_audio_url": "job:9999999999999999999"},
        {"src_audio_url": audio_url(theirs, 1, "flac", base_url=SITE)},
        {"src_audio_url": f"{SITE}/audio/forged/x.flac"},
        {"src_audio_url": f"{SITE}/nowhere"},
    ):
        answer = extract(**body, track_name="bass")
        assert answer.status_code == 404, body
        assert answer.json() == {"detail": "Original music job not found", "code": "source_not_found"}


def test_an_expired_link_opens_nothing(extract, song, settings):
    settings.AUDIO_LINK_HOURS = -2
    link = audio_url(song, 1, "flac", base_url=SITE)
    assert extract(src_audio_url=link, track_name="bass").json()["code"] == "source_not_found"


def test_a_link_to_lyrics_is_no_audio(extract, song):
    answer = extract(src_audio_url=lrc_url(song, 1, base_url=SITE), track_name="bass")
    assert (answer.status_code, answer.json()["errors"]) == (
        400, {"src_audio_url": ["Expected a link to audio, got one of another kind."]},
    )  # fmt: skip


@pytest.mark.parametrize("status", [Status.PENDING, Status.PROCESSING, Status.FAILED, Status.CANCELLED])
def test_an_unfinished_song_has_no_parts_yet(extract, song, status):
    Job.objects.filter(id=song.id).update(status=status)
    answer = extract(source_job_id=song.id, track_name="bass")
    assert (answer.status_code, answer.json()) == (
        400, {"detail": "Job must be completed", "code": "source_not_completed"},
    )  # fmt: skip


def test_a_song_without_audio_has_no_parts(extract, song):
    song.takes.all().delete()
    assert extract(source_job_id=song.id, track_name="bass").json()["code"] == "source_has_no_audio"


def test_a_part_that_is_not_there_is_told_with_those_that_are(extract, song, owner):
    before = balance_of(owner)
    answer = extract(source_job_id=song.id, track_name="brass")
    assert answer.status_code == 400
    assert answer.json() == {
        "detail": f"track_name: {HAS}",
        "code": "stem_absent",
        "errors": {"track_name": [HAS]},
    }
    assert Job.objects.count() == 1 and balance_of(owner) == before


def test_a_song_without_its_only_part_would_be_silence(extract, owner):
    score = band_score(is_sung=False)
    score.tracks, score.drums = score.tracks[:1], None
    song = studio_song(owner, document=kept_document(score))
    answer = extract(source_job_id=song.id, track_name="bass", mode="without")
    assert answer.json()["errors"] == {"track_name": ["This song has only bass."]}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda owner: studio_song(owner, engine="acestep", has_score=False), "engine_cannot"),
        (lambda owner: studio_song(owner, task="extract"), "engine_cannot"),
        (lambda owner: studio_song(owner, document={"tracks": [], "vocals": []}), "source_too_old"),
    ],
)
def test_a_song_that_cannot_be_taken_apart_says_why(extract, owner, make, code):
    answer = extract(source_job_id=make(owner).id, track_name="bass")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"].endswith(".")


def test_another_version_of_the_engine_cannot_promise_the_same(extract, song):
    song.takes.update(made_with={"engine_version": "0.9"})
    answer = extract(source_job_id=song.id, track_name="bass")
    assert answer.json()["code"] == "source_too_old" and "version 0.9" in answer.json()["detail"]


def test_an_engine_that_takes_nothing_apart_is_named(extract, song):
    answer = extract(source_job_id=song.id, track_name="bass", model_version="acestep")
    assert (answer.status_code, answer.json()["code"]) == (400, "engine_cannot")
    assert "expected one of: studio" in answer.json()["detail"]


def test_a_repeat_with_the_same_key_gets_the_first_answer(api, song):
    body = {"source_job_id": song.id, "track_name": "bass"}
    first, again = (
        api.post("/api/v1/music/extract-stem", body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert again["Idempotent-Replayed"] == "true"


def test_the_song_stays_while_a_stem_of_it_waits(extract, api, song):
    job_id = extract(source_job_id=song.id, track_name="bass").json()["job"]["id"]
    answer = api.delete(f"/api/v1/music/jobs/{song.id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "source_in_use")
    assert f"source of job {job_id}" in answer.json()["detail"]
    assert api.post(f"/api/v1/music/jobs/{job_id}/cancel").status_code == 200
    assert api.delete(f"/api/v1/music/jobs/{song.id}").status_code == 200
    assert Job.objects.get(id=job_id).source_job is None


def test_a_song_that_was_deleted_meanwhile_is_not_found(extract, song, monkeypatch):
    """The deletion falls between reading the song and creating the job's row."""
    from jobs.tools import extraction

    wanted = extraction._wanted
    monkeypatch.setattr(extraction, "_wanted", lambda *args: (wanted(*args), job_delete(job=song))[0])
    answer = extract(source_job_id=song.id, track_name="bass")
    assert (answer.status_code, answer.json()["code"]) == (404, "source_not_found")
    assert not Job.objects.exists()


def test_it_is_listed_as_an_edit(extract, api, song):
    extract(source_job_id=song.id, track_name="bass")
    for query in ("task=extract", "song_type=edits"):
        assert [job["task"] for job in api.get(f"/api/v1/music/jobs?{query}").json()] == ["extract"]


def test_the_tasks_name_is_no_address(api):
    """The client's generic call would post there."""
    answer = api.post("/api/v1/music/extract", {"prompt": "x"})
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"
