"""Every limit of the parameter table, exceeded: a 400 with the contract's body, and nothing stored."""

import json

import pytest

from jobs.models import Job

pytestmark = pytest.mark.django_db

BAD_VALUES = [
    ("caption", ""), ("caption", "  \n "), ("caption", None), ("caption", 5), ("caption", ["x"]),
    ("caption", "x" * 2049), ("caption", "a\u0000b"), ("caption", "a\u0007b"),
    ("lyrics", "x" * 10_001), ("lyrics", "🎵" * 10_000), ("lyrics", "?!"),
    ("lyrics", "e|---0---3---|"), ("lyrics", "[00:01.00]\n[00:02.00]"), ("lyrics", "[🎉]"),
    ("lyrics", 7), ("lyrics", {"a": 1}),
    ("instrumental", "yes"), ("instrumental", 1),
    ("duration", 0), ("duration", 0.99), ("duration", 600.01), ("duration", -2), ("duration", 10**30),
    ("duration", 10**400), ("duration", "30"), ("duration", True), ("duration", None), ("duration", [30]),
    ("format", "aac"), ("format", "FLAC "), ("format", None), ("format", 1),
    ("model_version", "audiomusic-v3"), ("model_version", ""),
    ("batch_size", 0), ("batch_size", 9), ("batch_size", 1.5), ("batch_size", "2"),
    ("seed", -2), ("seed", 2**32), ("seed", 0.5), ("seed", False), ("seed", 10**400),
    ("bpm", 29.9), ("bpm", 301), ("bpm", "120"),
    ("keyscale", "H minor"), ("keyscale", "C bebop"), ("keyscale", ""), ("keyscale", 3),
    ("timesignature", "5/4"), ("timesignature", 4), ("timesignature", ""),
    ("vocal_language", "xx"), ("vocal_language", "eng"), ("vocal_language", ""), ("vocal_language", 1),
    ("generate_lrc", "true"), ("calculate_quality", 0),
    ("genre_preset", "Polka"), ("genre_preset", 3), ("genre_preset", "x" * 65),
    ("display_name", "x" * 201), ("display_name", 12),
    ("thumbnail_url", "ftp://example.org/a.png"), ("thumbnail_url", "javascript:alert(1)"),
    ("thumbnail_url", "/a.png"), ("thumbnail_url", "http://"), ("thumbnail_url", "http://[::1"),
    ("thumbnail_url", "https://example.org/" + "a" * 2000), ("thumbnail_url", "http://a b"),
    ("thumbnail_url", "http://a:80*"),
    ("quality", "best"),
    ("inference_steps", 0), ("inference_steps", 201), ("inference_steps", 10.5),
    ("guidance_scale", 0.9), ("guidance_scale", 30.1), ("shift", 0.5), ("shift", 5.1),
    ("infer_method", "euler"), ("use_adg", "no"), ("cfg_interval_start", -0.1), ("cfg_interval_end", 1.1),
    ("thinking", 1), ("use_cot_metas", "x"), ("use_cot_caption", 0), ("use_cot_language", None),
    ("use_cot_lyrics", []), ("use_constrained_decoding", "x"),
    ("lm_temperature", 2.1), ("lm_cfg_scale", -1), ("lm_top_k", 101), ("lm_top_k", 1.5), ("lm_top_p", 1.1),
    ("lm_negative_prompt", "x" * 2049),
    ("lora_name_or_path", "/etc/passwd"), ("lora_name_or_path", "jazz-lora"), ("lora_weight", 3.1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD_VALUES, ids=lambda value: repr(value)[:24])
def test_it_refuses(generate, name, value):
    answer = generate("text2music", **{"caption": "a song", name: value})
    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert body["code"] == "invalid" and list(body["errors"]) == [name]
    assert body["detail"].startswith(f"{name}: ") and body["detail"].endswith(".")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("task", "body", "name", "words"),
    [
        ("text2music", {}, "caption", "Required: text of 1 to 2048 characters."),
        ("prompt2instrumental", {}, "caption", "Required"),
        ("text2rap", {}, "caption", "Required"),
        ("lyric2vocals", {}, "caption", "Required"),
        ("text2samples", {}, "caption", "Required"),
        ("simple", {}, "query", "Required: text of 1 to 1000 characters."),
        ("simple", {"query": "x" * 1001}, "query", "got 1001 characters"),
        ("simple", {"query": "x", "lyrics": "la"}, "lyrics", "Unknown parameter"),
        (
            "text2music",
            {"prompt": "x", "colour": 1},
            "colour",
            "Unknown parameter; expected one of: caption,",
        ),
        ("text2music", {"prompt": "x", "sample_type": "loop"}, "sample_type", "Unknown parameter"),
        ("text2music", {"prompt": "x", "caption": "y"}, "prompt", "alias of caption"),
        ("text2music", {"prompt": "x", "duration": 3, "audio_duration": 4}, "audio_duration", "differ"),
        ("text2music", {"prompt": "x", "duration": 1, "audio_duration": True}, "audio_duration", "differ"),
        ("text2music", {"prompt": "x", "infer_step": 3, "inference_steps": 4}, "infer_step", "differ"),
        (
            "text2music",
            {"prompt": "x", "cfg_interval_start": 0.8, "cfg_interval_end": 0.2},
            "cfg_interval_start",
            "0.8 > 0.2",
        ),
        ("text2samples", {"prompt": "x", "duration": 121}, "duration", "from 1 to 120, or -1"),
        ("text2samples", {"prompt": "x", "tempo": 59}, "bpm", "from 60 to 200"),
        ("text2samples", {"prompt": "x", "bpm": 201}, "bpm", "from 60 to 200"),
        (
            "text2samples",
            {"prompt": "x", "sample_type": "pad"},
            "sample_type",
            "Expected one of loop, one-shot",
        ),
        ("text2samples", {"prompt": "x", "instrumental": False}, "instrumental", "without vocals"),
        ("prompt2instrumental", {"prompt": "x", "instrumental": False}, "instrumental", "without vocals"),
        ("lyric2vocals", {"prompt": "x", "instrumental": True}, "instrumental", "makes only vocals"),
        ("lyric2vocals", {"prompt": "x", "lyrics": "[inst]"}, "instrumental", "makes only vocals"),
        ("lyric2vocals", {"prompt": "x", "lyrics": "[verse]\n[chorus]"}, "instrumental", "makes only vocals"),
    ],
)
def test_it_says_what_is_wrong(generate, task, body, name, words):
    answer = generate(task, **body)
    assert answer.status_code == 400
    assert words in " ".join(answer.json()["errors"][name]), answer.json()
    assert not Job.objects.exists()


def test_it_tells_every_fault_at_once(generate):
    errors = generate("text2music", duration="long", bpm=1, colour="red").json()["errors"]
    assert set(errors) == {"caption", "duration", "bpm", "colour"}
    assert errors["duration"] == ["Expected a number from 1 to 600, or -1, got 'long'."]


def test_a_refusal_stays_small(api):
    body = json.dumps({f"x{number}": 1 for number in range(50_000)} | {"y" * 5000: 1}).encode()
    answer = api.generic("POST", "/api/v1/music/text2music", body, content_type="application/json")
    assert answer.status_code == 400 and len(answer.content) < 20_000


BROKEN_BODIES = [
    (b"", 400), (b"{", 400), (b"[]", 400), (b'"x"', 400), (b"null", 400), (b"7", 400), (b"\xff\xfe", 400),
    (b'{"caption": "x", "duration": NaN}', 400),
    (b'{"caption": "x", "duration": Infinity}', 400),
    (b'{"caption": "x", "duration": 1e999}', 400),
    (b'{"caption": "x", "seed": ' + b"9" * 5000 + b"}", 400),
    (b'{"caption": "\\ud800"}', 400),
    (b'{"caption": "x", "\\ud800": 1}', 400),
    (b'{"caption": "x", "caption": "y"}', 400),
    (b'{"caption": "x", "caption": "x"}', 400),
    (b'{"caption": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 400),
    (b'{"caption": "' + b"x" * 1_000_001 + b'"}', 413),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BROKEN_BODIES, ids=lambda value: repr(value)[:32])
def test_it_refuses_a_broken_body(api, body, status):
    answer = api.generic("POST", "/api/v1/music/text2music", body, content_type="application/json")
    assert answer.status_code == status, answer.content[:300]
    assert set(answer.json()) <= {"detail", "code", "errors"}
    assert not Job.objects.exists()


def test_it_says_why_a_body_is_not_json(api):
    post = lambda body: api.generic("POST", "/api/v1/music/text2music", body, content_type="application/json")  # noqa: E731
    assert (
        post(b'{"caption": "x", "caption": "y"}').json()["detail"] == "The JSON body names 'caption' twice."
    )
    assert post(b'{"a": "\\udfff"}').json()["detail"] == "The JSON body contains text that is not Unicode."
    assert post(b"[" * 50_000).json()["detail"] == "The JSON body is nested too deeply."
    assert "limit" not in post(b" " * 1_000_001).json() and post(b" " * 1_000_001).status_code == 413


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_it_takes_json_only(api, content_type):
    body = json.dumps({"caption": "x"}).encode()
    answer = api.generic("POST", "/api/v1/music/text2music", body, content_type=content_type)
    assert answer.status_code == 415 and answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize("charset", ["no-such", "bz2", "utf-16"])
def test_it_refuses_odd_charsets(api, charset):
    answer = api.generic(
        "POST", "/api/v1/music/text2music", b'{"a":1}', content_type=f"application/json; charset={charset}"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["text2music/", "text2nothing", "jobs/", "jobs/abc", "jobs/-1/status"])
def test_an_unknown_address_is_404_in_json(api, path):
    answer = api.get(f"/api/v1/music/{path}")
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"


# Storage


ROOM_BODY = {"caption": "calm piano", "duration": 10}


def test_a_used_up_storage_budget_is_413_with_a_sentence_and_nothing_is_charged(generate, owner, credits_of):
    owner.storage_limit_mb = 1
    owner.save()
    answer = generate("text2music", **ROOM_BODY)
    assert answer.status_code == 413
    assert answer.json()["code"] == "storage_full"
    assert answer.json()["detail"].startswith("This song can need up to 3 MB, but only ")
    assert not Job.objects.exists() and credits_of(owner) == 10_000


def test_a_disk_below_its_floor_is_503_with_retry_after_and_nothing_is_charged(
    generate, owner, credits_of, settings
):
    settings.MIN_FREE_DISK = "999999TB"
    answer = generate("text2music", **ROOM_BODY)
    assert (answer.status_code, answer["Retry-After"]) == (503, "120")
    assert answer.json() == {
        "detail": "The server's disk is almost full, so it accepts no new songs. Please try again later.",
        "code": "disk_full",
    }
    assert not Job.objects.exists() and credits_of(owner) == 10_000


@pytest.mark.parametrize(
    ("setting", "status", "code"), [("disk", 503, "disk_full"), ("own", 413, "storage_full")]
)
def test_a_retry_is_refused_in_the_same_words(api, owner, settings, setting, status, code):
    job = Job.objects.create(
        user=owner, task="text2music", song_type="song", status="FAILED", display_name="x",
        model_version="audiomusic-v2", duration_s=60.0,
    )  # fmt: skip
    if setting == "disk":
        settings.MIN_FREE_DISK = "999999TB"
    else:
        owner.storage_limit_mb = 1
        owner.save()
    answer = api.post(f"/api/v1/music/jobs/{job.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    job.refresh_from_db()
    assert job.status == "FAILED"
