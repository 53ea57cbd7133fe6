"""The unmodified public client against this server: only address and key change."""

import asyncio
import subprocess
import sys
import time

import pytest
import soundfile
from audiopod import AsyncClient, Client
from audiopod.exceptions import APIError, AuthenticationError, InsufficientBalanceError

pytestmark = pytest.mark.e2e

LYRICS = "[Verse]\nHello to the morning sun\nA brand new day has just begun"
PAUSE_S = 0.25


@pytest.fixture(scope="module", autouse=True)
def short_pauses():
    """Shorten the client's poll interval of five seconds."""
    sleep, async_sleep = time.sleep, asyncio.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda pause_s: sleep(min(pause_s, PAUSE_S)))
        patch.setattr(asyncio, "sleep", lambda pause_s, *result: async_sleep(min(pause_s, PAUSE_S), *result))
        yield


@pytest.fixture(scope="module")
def client(server):
    with Client(api_key=server.key, base_url=server.base_url) as made:
        yield made


@pytest.fixture(scope="module")
def song(client):
    """Create a finished song to rework."""
    return client.music.song("soft pop", LYRICS, duration=6, wait_for_completion=True, timeout=180)


def job_of(answer):
    assert answer["message"]
    return answer["job"]


def test_it_makes_a_song_and_waits_for_it(song):
    assert song["status"] == "COMPLETED"
    assert song["task"] == "text2music"
    assert song["output_url"].startswith("http")


def test_it_starts_every_kind(client):
    jobs = [
        client.music.instrumental("calm piano", duration=3),
        client.music.rap("old school hip hop", LYRICS, duration=4),
        client.music.simple("a happy song about the sea", duration=5),
        client.music.generate("a warm synth loop", task="text2samples", duration=2),
        client.music.generate("choir", task="lyric2vocals", lyrics=LYRICS, duration=4),
    ]
    made = [client.music._wait_for_music(job_of(answer)["id"], timeout=180) for answer in jobs]
    tasks = ["prompt2instrumental", "text2rap", "simple", "text2samples", "lyric2vocals"]
    assert [job["task"] for job in made] == tasks
    assert all(job["status"] == "COMPLETED" for job in made)
    assert made[2]["lyrics"]  # the planner writes them, and the job shows them


def test_it_passes_the_advanced_parameters(client):
    answer = client.music.generate(
        "jazz trio", task="prompt2instrumental", duration=3, format="mp3", inference_steps=32,
        guidance_scale=5.5, shift=2.0, infer_method="sde", thinking=False, lm_temperature=0.7, bpm=120,
        keyscale="F Major", timesignature="3/4", batch_size=2, seed=5, quality="premium", genre_preset="Jazz",
    )  # fmt: skip
    job = client.music._wait_for_music(job_of(answer)["id"], timeout=180)
    assert (job["bpm"], job["keyscale"], job["timesignature"]) == (120, "F Major", "3/4")
    assert job["actual_seeds"] == [5, 6]
    assert len(job["takes"]) == 2
    assert job["output_url"] == job["output_urls"]["mp3"]


def test_it_takes_a_song_apart(client, song):
    stem = client.music.extract_stem(song["output_url"], "bass", wait_for_completion=True, timeout=180)
    assert (stem["status"], stem["task"], stem["source_job_id"]) == ("COMPLETED", "extract", song["id"])
    assert stem["audio_duration"] == song["audio_duration"]
    assert stem["output_url"].startswith("http")
    started = client.music.extract_stem(song["output_url"], "drums", display_name="Beat")
    assert job_of(started)["display_name"] == "Beat"
    with pytest.raises(APIError, match="This song has: ") as refused:
        client.music.extract_stem(song["output_url"], "woodwinds" if has_no("woodwinds", stem) else "brass")
    assert refused.value.status_code == 400


def test_it_covers_refers_to_and_analyses_a_song(client, song):
    link = song["output_url"]
    cover = client.music.cover(
        link, "jazz trio", audio_cover_strength=1.0, wait_for_completion=True, timeout=180
    )
    assert (cover["status"], cover["task"], cover["source_job_id"]) == ("COMPLETED", "cover", song["id"])
    assert (cover["bpm"], cover["keyscale"]) == (song["bpm"], song["keyscale"])
    like = client.music.reference(
        link, "a song about the sea", duration=6, wait_for_completion=True, timeout=180
    )
    assert (like["status"], like["task"], like["source_job_id"]) == ("COMPLETED", "reference", song["id"])
    told = client.music.analyze(link)
    assert told.get("success") and told["source"] == "score"
    assert (told["bpm"], told["keyscale"], told["duration"]) == (song["bpm"], song["keyscale"], 6.0)
    with pytest.raises(APIError) as refused:
        client.music.analyze("ftp://a.example/song.mp3")
    assert refused.value.status_code == 400


def test_its_tools_take_all_that_it_sends(client):
    song = client.music.song("soft pop", LYRICS, duration=6, wait_for_completion=True, timeout=180)
    more = {"lyrics": LYRICS, "display_name": "Mine", "quality": "premium", "format": "mp3"}
    for made in (
        client.music.cover(song["output_url"], "jazz trio", audio_cover_strength=0.3, duration=6, **more),
        client.music.reference(song["output_url"], "calm", duration=6, **more),
    ):
        job = job_of(made)
        assert (job["source_job_id"], job["display_name"], job["format"]) == (song["id"], "Mine", "mp3")
        assert job["lyrics"] == LYRICS and set(job["effective"]["not_applied"]) == {"quality"}


@pytest.mark.parametrize("task", ["retake", "repaint", "extend", "edit", "cover", "reference"])
def test_its_generic_call_hears_which_field_a_tool_needs(client, task):
    """It sends neither a job id nor a URL of the song."""
    with pytest.raises(APIError, match=r"(original|source)_job_id") as refused:
        client.music.generate("jazz trio", task=task, lyrics=None, format="flac", batch_size=1, seed=-1)
    assert refused.value.status_code == 400
    assert "prompt" not in str(refused.value) and "audio_duration" not in str(refused.value)


@pytest.mark.parametrize("task", ["extract", "complete"])
def test_its_generic_call_of_what_is_no_endpoint_is_not_found(client, task):
    with pytest.raises(APIError) as refused:
        client.music.generate("drums", task=task)
    assert refused.value.status_code == 404


def has_no(track_name, stem):
    return track_name not in str(stem["effective"])


def test_it_reads_lists_and_deletes(client):
    job_id = job_of(client.music.instrumental("one note", duration=1))["id"]
    assert client.music.get_job(job_id)["id"] == job_id
    assert job_id in [job["id"] for job in client.music.list_jobs(limit=10, task="prompt2instrumental")]
    assert client.music.delete_job(job_id) == {"message": "Job deleted successfully"}
    with pytest.raises(APIError) as refused:
        client.music.get_job(job_id)
    assert refused.value.status_code == 404


def test_it_reads_presets_and_account(client):
    assert set(client.music.get_presets()["genre_presets"]) >= {"Modern Pop", "Rock", "Jazz", "Custom"}
    assert client.get_user_info()["id"]
    assert client.credits.get_balance()
    assert isinstance(client.credits.get_usage_history(), list)
    assert client.credits.get_multipliers()
    assert "balance_cents" in client.wallet.get_balance()
    assert client.wallet.get_pricing()
    assert client.wallet.estimate_cost("music_generation", 60)["cost_cents"] == 990
    assert client.wallet.check_balance("music_generation", 60)["can_proceed"] is True
    assert "logs" in client.wallet.get_usage_history()
    assert "topups" in client.wallet.get_topup_history()
    assert "music_generation" in client.wallet.get_service_types()


def test_it_understands_a_refusal(client, server):
    with pytest.raises(APIError, match="caption") as refused:
        client.music.generate(" ", task="text2music")
    assert refused.value.status_code == 400
    with pytest.raises(AuthenticationError):
        Client(api_key="ap_wrong", base_url=server.base_url).get_user_info()
    with pytest.raises(InsufficientBalanceError) as poor:
        client.wallet.check_balance("music_generation", 10_000_000)
    assert poor.value.required_cents > poor.value.available_cents


def test_the_asynchronous_client_works_too(server):
    async def visit():
        async with AsyncClient(api_key=server.key, base_url=server.base_url) as client:
            job = await client.music.instrumental("jazz piano trio", duration=3, wait_for_completion=True)
            stem = await client.music.extract_stem(job["output_url"], "bass", wait_for_completion=True)
            cover = await client.music.cover(job["output_url"], "soft rock", wait_for_completion=True)
            like = await client.music.reference(
                job["output_url"], "calm", instrumental=True, duration=3, wait_for_completion=True
            )
            assert [each["source_job_id"] for each in (cover, like)] == [job["id"]] * 2
            assert (await client.music.analyze(job["output_url"]))["bpm"] == job["bpm"]
            return job, stem, await client.music.list_jobs(limit=1), await client.get_user_info()

    job, stem, jobs, user = asyncio.run(visit())
    assert job["status"] == "COMPLETED"
    assert (stem["status"], stem["source_job_id"]) == ("COMPLETED", job["id"])
    assert len(jobs) == 1
    assert user["id"]


def test_its_command_saves_a_song(server, tmp_path):
    out = tmp_path / "x.wav"
    done = subprocess.run(
        [sys.executable, "-m", "audiopod.cli", "--base-url", server.base_url, "--api-key", server.key,
         "music", "lo-fi rainy 90 BPM", "--duration", "3", "--kind", "instrumental", "--out", str(out)],
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"Saved {out}" in done.stdout
    assert abs(soundfile.info(out).duration - 3) < 0.1
