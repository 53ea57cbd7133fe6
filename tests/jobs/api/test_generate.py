"""What every generation endpoint does with a valid request."""

import pytest
from rest_framework.test import APIClient

from audiomusic.accounts.credits.ledger import balance_of, credits_grant
from audiomusic.accounts.services import key_create
from jobs.models import Job

pytestmark = pytest.mark.django_db

BODIES = {
    "text2music": {"caption": "a sea shanty", "lyrics": "Way, hey, and up she rises"},
    "prompt2instrumental": {"prompt": "slow piano"},
    "text2rap": {"prompt": "boom bap", "lyrics": "I draw it on paper"},
    "lyric2vocals": {"prompt": "a clear voice", "lyrics": "Over the water"},
    "text2samples": {"prompt": "drum loop", "sample_type": "loop", "tempo": 124},
    "simple": {"query": "a happy song about bicycles"},
}
SONG_TYPES = {
    "text2music": "song",
    "prompt2instrumental": "instrumental",
    "text2rap": "rap",
    "lyric2vocals": "vocals",
    "text2samples": "samples",
    "simple": "song",
}


@pytest.mark.parametrize("task", BODIES)
def test_it_makes_a_waiting_job(generate, owner, task):
    answer = generate(task, **BODIES[task])
    assert answer.status_code == 200, answer.content
    assert answer.json()["message"] == "Music generation started"
    job = answer.json()["job"]
    assert job["task"] == task and job["status"] == "PENDING" and job["song_type"] == SONG_TYPES[task]
    assert job["user_id"] == owner.id and job["params"] == BODIES[task]
    assert job["progress"] is None and job["output_url"] is None and job["takes"] == []
    assert Job.objects.get(id=job["id"]).user == owner


def test_defaults_are_the_contracts(generate):
    job = generate("text2music", prompt="a sea shanty").json()["job"]
    assert (job["format"], job["batch_size"], job["model_version"]) == ("flac", 1, "audiomusic-v2")
    assert (job["bpm"], job["keyscale"], job["timesignature"], job["vocal_language"]) == (None,) * 4
    assert job["audio_duration"] is None
    assert 0 <= job["effective"]["seeds"][0] < 2**32


def test_it_keeps_every_wish(generate):
    job = generate(
        "text2music",
        prompt=" a sea shanty ",
        audio_duration=60,
        format="mp3",
        batch_size=2,
        seed=7,
        bpm=96,
        keyscale="f# min",
        timesignature="3",
        vocal_language="EN",
        display_name="Harbour lights",
        thumbnail_url="https://example.org/a.png",
        generate_lrc=True,
        calculate_quality=False,
        quality="premium",
    ).json()["job"]
    assert job["prompt"] == "a sea shanty"
    assert job["audio_duration"] == 60 and job["format"] == "mp3" and job["batch_size"] == 2
    assert job["effective"]["seeds"] == [7, 8]
    assert (job["bpm"], job["keyscale"], job["timesignature"]) == (96, "F# Minor", "3/4")
    assert job["vocal_language"] == "en" and job["display_name"] == "Harbour lights"
    assert job["thumbnail_url"] == "https://example.org/a.png"
    assert job["effective"]["generate_lrc"] is True and job["effective"]["calculate_quality"] is False


def test_what_the_engine_has_no_use_for_is_recorded(generate):
    job = generate("text2music", prompt="x", infer_step=20, guidance_scale=9).json()["job"]
    assert {"inference_steps", "guidance_scale"} <= set(job["effective"]["not_applied"])


def test_instrumental_wins_over_lyrics(generate):
    job = generate("text2music", prompt="x", lyrics="la la", instrumental=True).json()["job"]
    assert job["song_type"] == "instrumental" and "lyrics" in job["effective"]["not_applied"]


@pytest.mark.parametrize("lyrics", ["[intro]\n[verse]\n[chorus]", "Intro\n\nCouplet 1\n\nRefrain"])
def test_section_marks_alone_mean_an_instrumental_of_that_form(generate, lyrics):
    job = generate("text2music", prompt="x", lyrics=lyrics).json()["job"]
    assert job["song_type"] == "instrumental" and job["params"]["lyrics"] == lyrics
    assert job["lyrics"] == lyrics and job["vocal_language"] in ("", None)
    assert "lyrics" not in job["effective"]["not_applied"]


def test_pasted_lyrics_stay_as_sent_in_the_parameters(generate):
    pasted = "[00:01.00]Down the [Am]road"
    assert generate("text2music", prompt="x", lyrics=pasted).json()["job"]["params"]["lyrics"] == pasted


@pytest.mark.parametrize("lyrics", ["[Instrumental]", " [inst]\n"])
def test_an_instrumental_mark_for_lyrics_means_no_voice(generate, lyrics):
    assert generate("text2music", prompt="x", lyrics=lyrics).json()["job"]["song_type"] == "instrumental"


def test_a_preset_fills_what_was_not_asked_for(generate):
    job = generate("text2music", prompt="x", genre_preset="r&b").json()["job"]
    assert job["bpm"] == 74 and job["effective"]["genre"] == "R&B"
    job = generate("text2music", prompt="x", genre_preset="R&B", bpm=90).json()["job"]
    assert job["bpm"] == 90


def test_nulls_stand_for_defaults_that_are_null(generate):
    body = dict.fromkeys(["lyrics", "bpm", "keyscale", "timesignature", "thumbnail_url", "lora_name_or_path"])
    assert generate("text2music", prompt="x", **body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        # What the public Python client sends, method by method.
        ("prompt2instrumental", {"prompt": "calm piano", "audio_duration": 30}),
        ("prompt2instrumental", {"prompt": "calm piano", "audio_duration": -1, "lyrics": "la la"}),
        (
            "text2music",
            {"prompt": "pop", "audio_duration": 60, "lyrics": "[verse]\nla", "quality": "premium"},
        ),
        ("lyric2vocals", {"prompt": "a voice", "audio_duration": 60}),
        ("text2samples", {"prompt": "kick", "audio_duration": 4, "bpm": 120}),
        ("simple", {"prompt": "a soft song", "audio_duration": -1}),
        (
            "simple",
            {
                "query": "a soft song",
                "instrumental": False,
                "vocal_language": "unknown",
                "audio_duration": -1,
                "format": "flac",
            },
        ),
    ],
)
def test_it_takes_what_the_public_client_sends(generate, body):
    task, fields = body
    answer = generate(task, **fields)
    assert answer.status_code == 200, answer.content


def test_both_names_of_a_parameter_may_agree(generate):
    assert (
        generate("text2music", prompt="x", caption="x", duration=30, audio_duration=30.0).status_code == 200
    )


def test_it_wants_credits(generate, owner, settings):
    settings.CREDITS = "0"
    credits_grant(user=owner, amount=100)
    answer = generate("text2music", prompt="x", duration=60)
    assert answer.status_code == 402
    body = answer.json()
    assert body["code"] == "insufficient_credits"
    assert body["required_cents"] == body["required_credits"] == 990
    assert body["available_cents"] == body["available_credits"] == 100
    assert not Job.objects.exists() and balance_of(owner) == 100


@pytest.mark.parametrize("task", BODIES)
def test_it_wants_credentials(db, task):
    answer = APIClient().post(f"/api/v1/music/{task}", BODIES[task])
    assert answer.status_code == 401 and answer.json()["code"] == "not_authenticated"


def test_it_wants_the_generating_scope(owner):
    _, key = key_create(user=owner, name="reader", scopes=["music:read"])
    client = APIClient(headers={"X-API-Key": key})
    answer = client.post("/api/v1/music/text2music", BODIES["text2music"])
    assert answer.status_code == 403 and "music:generate" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_it_is_post_only(api):
    answer = api.get("/api/v1/music/text2music")
    assert answer.status_code == 405 and answer.json()["code"] == "method_not_allowed"
