"""Score-first music by the unmodified public client: plan, change, record, edit and list, with both of its
clients."""

import asyncio
import hashlib
import io

import numpy as np
import pytest
import requests
import soundfile
from audiopod import AsyncClient, Client
from audiopod.exceptions import APIError

pytestmark = pytest.mark.e2e

STYLE = "slow piano ballad, female voice"
LYRICS = "[Verse]\nThe tide is coming in\n[Chorus]\nCome home to me tonight"
WAIT = {"wait_for_completion": True, "poll_interval": 0.25, "timeout": 180}
RATE = 48_000


@pytest.fixture
def music(server):
    with Client(api_key=server.key, base_url=server.base_url) as client:
        yield client.music


def sound(job):
    content = requests.get(job["audio_url"], timeout=30).content
    return soundfile.read(io.BytesIO(content), dtype="int32", always_2d=True)[0] >> 8


def kept_of(server, job):
    _, body = server.call("GET", f"/api/v1/music/jobs/{job['job_id']}/status")
    return body["effective"]["kept"]


def test_a_song_from_its_plan_to_one_changed_bar(music, server):
    assert music.v3_availability() == {"available": True, "revise": True}
    plan = music.compose(style=STYLE, lyrics=LYRICS, seed=5, **WAIT)
    assert plan["audio_url"] is None and plan["workflow"] == "plan"
    score = music.get_score(plan["job_id"])

    one = music.revise_score(
        plan["job_id"], "make the chorus higher", section="chorus", idempotency_key="k", **WAIT
    )
    again = music.revise_score(
        plan["job_id"], "make the chorus higher", section="chorus", idempotency_key="k"
    )
    assert one["job_id"] == again["job_id"] and one["score_comparison"]["changed_bars"]["Vocal"]

    recording = music.record_score(plan["job_id"], **WAIT)
    assert music.get_score(recording["job_id"])["abc"] == score["abc"]
    song = music.generate_v3(style=STYLE, lyrics=LYRICS, seed=5, **WAIT)
    assert music.get_score(song["job_id"])["abc"] == score["abc"]
    first = sound(recording)
    assert np.array_equal(sound(song), first)

    edited = music.record_score(recording["job_id"], abc=one["score"]["abc"], **WAIT)
    assert edited["score_comparison"] == one["score_comparison"]
    second = sound(edited)
    kept = kept_of(server, edited)
    assert kept and not np.array_equal(first, second)
    for stretch in kept:
        start = round(stretch["at_s"] * RATE)
        stop = start + round((stretch["source_end_s"] - stretch["source_start_s"]) * RATE)
        part = second[start:stop]
        assert np.array_equal(part, first[start:stop])
        packed = np.ascontiguousarray(part.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        assert hashlib.sha256(packed).hexdigest() == stretch["sha256"]
    versions = {job["job_id"] for job in music.list_v3_jobs(source_job_id=plan["job_id"])}
    assert versions == {one["job_id"], recording["job_id"], edited["job_id"]}


def test_refusals_name_their_code(music):
    plan = music.compose(style=STYLE, seed=5, **WAIT)
    for code, ask in {
        "REVISE_TARGET_NOT_FOUND": lambda: music.revise_score(plan["job_id"], "higher", section="bridge 9"),
        "REVISE_FAILED": lambda: music.revise_score(plan["job_id"], "fly me to the moon"),
        "INVALID_SCORE": lambda: music.record_score(plan["job_id"], abc="X:1\nK:C\nC |"),
        "NOT_FOUND": lambda: music.get_score(2**40),
    }.items():
        with pytest.raises(APIError, match=code) as error:
            ask()
        assert error.value.status_code in (404, 422)


def test_the_async_client_does_the_same(server):
    async def made():
        async with AsyncClient(api_key=server.key, base_url=server.base_url) as client:
            plan = await client.music.compose(
                description="a lullaby about rain", target_seconds=30, seed=7, **WAIT
            )
            recording = await client.music.record_score(plan["job_id"], **WAIT)
            return plan, recording, await client.music.list_v3_jobs(workflow="edit")

    plan, recording, listed = asyncio.run(made())
    assert plan["lyrics_source"] == "audiopod" and recording["audio_url"].startswith("http")
    assert recording["job_id"] in {job["job_id"] for job in listed}
