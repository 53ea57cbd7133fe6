"""/api/v1/music/v3: what each call accepts, the resulting job, and each error."""

import re

import pytest
from django.core.cache import cache

from audiomusic.accounts.credits.ledger import balance_of
from jobs.models import Job
from jobs.storage.links import score_url
from jobs.tasks import run_pending_jobs
from tests.support.tool_songs import LYRICS, tool_song

pytestmark = pytest.mark.django_db

V3 = "/api/v1/music/v3"
PLAN = {"style": "rock, female voice", "lyrics": LYRICS, "seed": 3}


@pytest.fixture
def song(owner):
    """A finished song by the studio, composed but not rendered."""
    return tool_song(owner)


@pytest.fixture
def score(api, song):
    return api.get(f"{V3}/jobs/{song.id}/score").json()


def refused(answer, status, code, words=""):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code.lower()), answer.content
    assert body["detail"]["code"] == code and body["detail"]["message"].startswith(f"{code}: ")
    assert words in body["detail"]["message"], body
    return body["detail"]


def test_it_says_whether_it_is_there(api, settings):
    assert api.get(f"{V3}/availability").json() == {"available": True, "revise": True}
    settings.SCORE_FIRST = "off"
    assert api.get(f"{V3}/availability").json() == {"available": False, "revise": False}
    refused(api.post(f"{V3}/plan", PLAN), 404, "NOT_FOUND")
    refused(api.get(f"{V3}/jobs"), 404, "NOT_FOUND")


def test_a_plan_waits_as_a_flat_job(api, owner):
    body = api.post(f"{V3}/plan", PLAN).json()
    assert (body["workflow"], body["status"], body["audio_url"], body["score"]) == (
        "plan",
        "PENDING",
        None,
        None,
    )
    assert (body["seed"], body["style"], body["lyrics_source"]) == (3, PLAN["style"], "user")
    assert body["billing"]["reserved"] == 165
    assert api.get(f"{V3}/jobs/{body['job_id']}").json() == body
    assert api.get(f"/api/v1/music/jobs/{body['job_id']}/status").json()["task"] == "plan"
    refused(api.get(f"{V3}/jobs/{body['job_id']}/score"), 404, "NO_SCORE")


def test_a_description_is_a_song_whose_words_are_written(api):
    body = api.post(
        f"{V3}/plan", {"description": "a song about the sea", "target_seconds": 60, "language": "de"}
    ).json()
    job = Job.objects.get(id=body["job_id"])
    assert body["lyrics_source"] == "audiopod" and body["target_seconds"] == 60
    assert (job.effective["query"], job.effective["duration_s"], job.effective["vocal_language"]) == (
        "a song about the sea",
        60.0,
        "de",
    )
    assert "lyrics_source" not in api.post(f"{V3}/plan", {"style": "piano"}).json()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("plan", {}, "style: Required, unless you send description instead"),
        ("plan", {"description": " "}, "description: Expected text of 1 to 1000"),
        ("plan", {"description": "x", "lyrics": "oh my love"}, "Expected description or lyrics, got both."),
        ("plan", {"style": "x", "target_seconds": 60}, "target_seconds: Expected it only with a description"),
        ("plan", {"style": "x", "language": "en"}, "the lyrics say in which language they are"),
        ("plan", {"style": "x", "cot": "half"}, "cot: Expected one of full, melody"),
        ("plan", {"style": "x" * 2001}, "style: Expected text of 1 to 2000"),
        ("plan", {"style": "x", "seed": 2**31}, "seed: Expected a whole number from 0 to 2147483647"),
        ("plan", {"style": "x", "tempo": 90}, "tempo: Unknown parameter"),
        ("generate", {"lyrics": "oh my love"}, "style: Required"),
        ("revise", {"source_job_id": 1, "instruction": " "}, "instruction: Expected text of 1 to 500"),
        ("revise", {"instruction": "higher"}, "source_job_id: Required"),
        ("revise", {"source_job_id": 1, "instruction": "x", "bars": {"start": 3, "end": 2}}, "bars: Exp"),
        ("revise", {"source_job_id": 1, "instruction": "x", "bars": [1, 2]}, "bars: Expected"),
        ("edit", {"source_job_id": 1, "abc": " "}, "abc: Expected a whole score"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_told_why(api, path, body, words):
    refused(api.post(f"{V3}/{path}", body), 400, "VALIDATION_ERROR", words)
    assert not Job.objects.exists()


def test_a_song_of_the_studio_has_a_score(api, song, score):
    assert score["abc"].startswith("X:1\nT:") and score["source"] == "composed" and score["editable"] is True
    assert score["score_summary"]["meter"] == "4/4" and score["score_summary"]["bars"] > 8
    assert score["record_credits"] == 495  # for 30 s
    client = type(api)()
    assert client.get(score["abc_url"]).content.decode() == score["abc"]
    assert client.get(score["musicxml_url"]).content.startswith(b"<?xml")
    assert "/score/" in score["midi_url"]
    assert api.get(f"{V3}/jobs/{song.id}").json()["workflow"] == "generate"


def test_a_revision_waits_with_its_note(api, song):
    asked = {"source_job_id": song.id, "instruction": "make the chorus higher"}
    body = api.post(f"{V3}/revise", asked).json()
    assert body["note"] == "The tune is 2 steps of the scale higher in Chorus."
    assert body["score_comparison"]["changed_bars"]["Vocal"] and body["source_job_id"] == song.id
    assert body["billing"]["reserved"] == 165
    detail = refused(api.post(f"{V3}/revise", asked), 409, "REVISE_IN_FLIGHT")
    assert detail["job_id"] == body["job_id"]


def test_what_cannot_be_revised_is_told(api, song):
    def ask(**wishes):
        return api.post(f"{V3}/revise", {"source_job_id": song.id, **wishes})

    detail = refused(
        ask(instruction="fly me to the moon"), 422, "REVISE_FAILED", "Expected one of these changes"
    )
    assert len(detail["understood"]) == 19
    detail = refused(
        ask(instruction="higher", section="bridge"), 422, "REVISE_TARGET_NOT_FOUND", "Expected one of"
    )
    assert "Chorus" in detail["sections"]
    refused(ask(instruction="faster"), 422, "REVISE_FAILED", "allow_tempo_change")
    refused(ask(instruction='change the words "moon" to "sun"'), 422, "REVISE_TARGET_NOT_FOUND")
    assert Job.objects.count() == 1


def test_too_many_changes_have_a_code_of_their_own(api, song, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"revise": "1/min"}
    cache.clear()
    asked = {"source_job_id": song.id, "instruction": "make it higher"}
    assert api.post(f"{V3}/revise", asked).status_code == 200
    answer = api.post(f"{V3}/revise", asked)
    refused(answer, 429, "REVISE_RATE_LIMITED")
    assert int(answer["Retry-After"]) > 0


def test_the_sound_that_is_to_stay_is_named(api, owner, song, score):
    other = tool_song(owner)
    asked = {"source_job_id": song.id, "abc": score["abc"], "keep_audio_of": other.id}
    job = Job.objects.get(id=api.post(f"{V3}/edit", asked).json()["job_id"])
    assert job.effective["operation"]["keeps_audio"]
    other.takes.update(samples_sha256="")
    asked["abc"] = score["abc"].replace("T:", "T:New ")
    refused(api.post(f"{V3}/edit", asked), 404, "NO_SCORE", "keep_audio_of: Expected a recording")
    refused(api.post(f"{V3}/edit", asked | {"keep_audio_of": 10**9}), 404, "NOT_FOUND")


def test_a_recording_waits_with_its_price(api, song, score):
    body = api.post(f"{V3}/edit", {"source_job_id": song.id, "abc": score["abc"].strip()}).json()
    assert body["workflow"] == "edit" and body["score_comparison"]["changed_bars"] == {"Vocal": [], "Ins": []}
    job = Job.objects.get(id=body["job_id"])
    assert job.effective["operation"]["abc"] is None and job.effective["operation"]["keeps_audio"]
    again = api.post(f"{V3}/edit", {"source_job_id": song.id, "abc": score["abc"].strip()})
    assert refused(again, 409, "SCORE_ALREADY_RECORDING")["job_id"] == job.id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda abc: abc.replace("|", "z8 |", 1), "beats"),
        (lambda abc: abc.replace("M:4/4", "M:3/4"), ""),
        (lambda abc: re.sub(r"Q:1/4=\d+", "Q:1/4=31", abc), "allow_tempo_change"),
        (lambda abc: "X:1\nK:C\n", "Expected at least one bar"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_score_of_it_is_told_why(api, song, score, change, words):
    answer = api.post(f"{V3}/edit", {"source_job_id": song.id, "abc": change(score["abc"])})
    refused(answer, 422, "INVALID_SCORE", words)
    assert Job.objects.count() == 1


def test_a_score_that_is_sent_is_performed_by_a_band(api, score):
    body = api.post(f"{V3}/generate", {"style": "jazz trio", "abc": score["abc"]}).json()
    job = Job.objects.get(id=body["job_id"])
    assert body["workflow"] == "generate" and job.effective["options"]["written_abc"]
    assert body["lyrics"].startswith("[Intro]") or "[Verse" in body["lyrics"]
    refused(api.post(f"{V3}/generate", {"style": "jazz", "abc": "nothing"}), 422, "INVALID_SCORE", "K:")


def test_lists_hold_versions_and_workflows(api, song):
    one = api.post(f"{V3}/revise", {"source_job_id": song.id, "instruction": "make it higher"}).json()
    two = api.post(f"{V3}/plan", PLAN).json()
    assert [job["job_id"] for job in api.get(f"{V3}/jobs").json()] == [two["job_id"], one["job_id"]]
    assert [job["job_id"] for job in api.get(f"{V3}/jobs?source_job_id={song.id}").json()] == [one["job_id"]]
    assert [job["job_id"] for job in api.get(f"{V3}/jobs?workflow=plan").json()] == [two["job_id"]]
    assert api.get(f"{V3}/jobs?limit=1&skip=1")["X-Total-Count"] == "2"
    low = api.get(f"{V3}/jobs?limit=0")
    refused(low, 400, "VALIDATION_ERROR", "limit: Expected a whole number from 1 to 100.")
    wrong = api.get(f"{V3}/jobs?workflow=sing")
    refused(wrong, 400, "VALIDATION_ERROR", "Expected one of generate, plan, edit, revise, got 'sing'.")
    refused(api.get(f"{V3}/jobs?sort=new"), 400, "VALIDATION_ERROR", "sort: Unknown parameter")


def test_a_key_makes_one_revision(api, song):
    asked = {"source_job_id": song.id, "instruction": "make it higher"}
    first = api.post(f"{V3}/revise", asked, headers={"Idempotency-Key": "k"})
    again = api.post(f"{V3}/revise", asked, headers={"Idempotency-Key": "k"})
    assert first.json() == again.json() and again["Idempotent-Replayed"] == "true"
    other = {**asked, "instruction": "make it lower"}
    refused(api.post(f"{V3}/revise", other, headers={"Idempotency-Key": "k"}), 422, "IDEMPOTENCY_KEY_REUSED")


def test_others_songs_and_missing_credits_are_refused(api, other, song, settings, owner):
    theirs = tool_song(other)
    for path, body in (("revise", {"instruction": "higher"}), ("edit", {})):
        refused(api.post(f"{V3}/{path}", {"source_job_id": theirs.id, **body}), 404, "NOT_FOUND")
    refused(api.get(f"{V3}/jobs/{theirs.id}"), 404, "NOT_FOUND")
    refused(api.get(f"{V3}/jobs/{theirs.id}/score"), 404, "NOT_FOUND")
    settings.CREDITS = "0"
    detail = refused(api.post(f"{V3}/plan", PLAN), 402, "INSUFFICIENT_CREDITS")
    assert detail["required_credits"] == 165 and balance_of(owner) == 0


@pytest.mark.django_db(transaction=True)
def test_a_plan_a_change_and_a_song_come_out_alike(api, settings):
    """The real engine makes the scores of a plan, of its revision, and of a song with the same seed."""
    settings.ENGINE = "studio"
    plan = api.post(f"{V3}/plan", PLAN).json()["job_id"]
    run_pending_jobs()
    done = api.get(f"{V3}/jobs/{plan}").json()
    assert (done["status"], done["audio_url"], done["billing"]["charged"]) == ("COMPLETED", None, 165)
    abc = done["score"]["abc"]
    assert api.get(f"/api/v1/music/jobs/{plan}/status").json()["takes"] == []
    revision = api.post(
        f"{V3}/revise", {"source_job_id": plan, "instruction": "make the chorus higher"}
    ).json()
    run_pending_jobs()
    revised = api.get(f"{V3}/jobs/{revision['job_id']}").json()
    assert revised["status"] == "COMPLETED" and revised["score"]["abc"] != abc
    assert revised["score_comparison"] == revision["score_comparison"]
    again = api.post(f"{V3}/plan", PLAN).json()["job_id"]
    run_pending_jobs()
    assert api.get(f"{V3}/jobs/{again}/score").json()["abc"] == abc
    refused(api.get(f"{V3}/jobs/{again + 99}"), 404, "NOT_FOUND")
    tool = api.post(
        "/api/v1/music/repaint",
        {"source_job_id": plan, "repainting_start": 0, "repainting_end": 5, "caption": "calm"},
    )
    assert (tool.status_code, tool.json()["code"]) == (400, "source_has_no_audio"), tool.content


def test_links_of_a_score_open_nothing_else(api, song):
    wrong = score_url(song, 1, base_url="").replace(".json", ".abc")
    assert type(api)().get(wrong).status_code == 404
