"""Tools by ACE-Step on audio, with tiny weights: from the request to files, for the user's own songs and for
foreign audio, and again from the stored data."""

import numpy as np
import pytest

from audiomusic.engines.registry import load_engine
from jobs.models import Job, Take
from jobs.services import job_delete
from jobs.storage.integrity import file_problems
from jobs.tasks import run_pending_jobs
from tests.jobs.worker.test_rework import RATE, assert_kept_as_told, replayed, samples_of
from tests.support.acestep_weights import base_folder, turbo_folder  # noqa: F401
from tests.support.band import RATE_HZ, band
from tests.support.sounds import sound_bytes, web_server

# Real transactions: a thread with its own connection keeps the lease.
pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"inference_steps": 2, "calculate_quality": False, "seed": 4}
API = "/api/v1/music"


@pytest.fixture(autouse=True)
def where(settings, tmp_path, turbo_folder, monkeypatch):  # noqa: F811
    monkeypatch.setattr("audiomusic.engines.acestep.engine.ALL_CORES", 1)
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "audio"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    settings.SOURCE_URLS = "private"  # the tests' own server
    settings.ACESTEP_DIR = str(turbo_folder)
    settings.ACESTEP_DEVICE = "cpu"
    yield
    load_engine.cache_clear()


@pytest.fixture
def api(client_of, owner):
    return client_of(owner)


@pytest.fixture
def ask(api):
    def post(leaf, **body):
        answer = api.post(f"{API}/{leaf}", body)
        assert answer.status_code == 200, answer.content
        run_pending_jobs()
        job = Job.objects.get(id=answer.json()["job"]["id"])
        assert job.status == "COMPLETED", job.error_message
        return job

    return post


@pytest.fixture
def upload(api):
    sound = sound_bytes("FLAC", rate_hz=RATE_HZ, samples=band([(57, "m"), (50, "m")], bpm=120, bars=2))
    answer = api.generic("POST", f"{API}/uploads", sound, content_type="audio/flac")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_chain_of_own_songs_is_made_again_when_they_are_gone(ask, credits_of, owner):
    song = ask("text2music", caption="calm", lyrics="la la", model_version="acestep", duration=6, **QUICK)
    before = credits_of(owner)
    painted = ask(
        "repaint", source_job_id=song.id, repainting_start=2, repainting_end=4, caption="x", **QUICK
    )
    assert painted.engine == "acestep" and before - credits_of(owner) == painted.credits_charged == 33  # 2 s
    kept = painted.effective["kept"]
    assert [row["at_s"] for row in kept] == [0, 4]
    assert_kept_as_told(painted, song)
    middle = slice(2 * RATE + 5_000, 4 * RATE - 5_000)
    assert not np.array_equal(first_samples(painted)[middle], first_samples(song)[middle])
    longer = ask(
        "extend", source_job_id=painted.id, left_extend_length=2, right_extend_length=3, caption="end",
        left_lyrics="ooh", lyrics="bye", **QUICK,
    )  # fmt: skip
    assert longer.takes.get().duration_s == pytest.approx(11)
    [whole] = longer.effective["kept"]
    assert whole["at_s"] - whole["source_start_s"] == pytest.approx(2)
    assert_kept_as_told(longer, painted)
    assert longer.lyrics == "ooh\n\nla la\n\nbye" and longer.bpm == song.bpm
    assert not longer.takes.get().has_score and not file_problems()
    for job in (song, painted):
        job_delete(job=job)
    out, is_same = replayed(longer)
    assert is_same, out


@pytest.mark.parametrize(("leaf", "body"), [
    ("cover", {"audio_cover_strength": 0.5}),
    ("reference", {"instrumental": True, "duration": 5}),
    ("repaint", {"repainting_start": 1, "repainting_end": 2}),
    ("extend", {"right_extend_length": 2}),
])  # fmt: skip
def test_audio_from_elsewhere_is_worked_on(ask, upload, leaf, body):
    name = "reference_audio_url" if leaf == "reference" else "src_audio_url"
    job = ask(leaf, **{name: upload["url"]}, caption="calm jazz", engine="acestep", **body, **QUICK)
    assert job.effective["source"]["kind"] == "upload" and job.effective["lyrics_source"] == "none"
    assert job.effective["told"]["task"] == {"reference": "text2music", "extend": "repaint"}.get(leaf, leaf)
    asked_s = {"reference": 5, "extend": upload["duration"] + 2}.get(leaf, upload["duration"])
    assert job.takes.get().duration_s == pytest.approx(asked_s, abs=0.04)
    assert ("kept" in job.effective) is (leaf in ("repaint", "extend"))
    assert job.effective["sampling"]["inference_steps"] == 2
    assert job.effective.get("reference") == ({"timbre": "reference"} if leaf == "reference" else None)
    if leaf == "cover":
        out, is_same = replayed(job)
        assert is_same, out


def test_a_stretch_beyond_what_is_fetched_fails_with_a_sentence(api, settings):
    settings.SOURCE_MAX_S = 60
    sound = sound_bytes("FLAC", rate_hz=RATE_HZ, samples=band([(57, "m")], bpm=120, bars=1))
    with web_server({"/a.flac": sound}) as site:
        answer = api.post(
            f"{API}/repaint",
            {
                "src_audio_url": f"{site}/a.flac", "repainting_start": 30, "repainting_end": 40,
                "caption": "x", "engine": "acestep", **QUICK,
            },
        )  # fmt: skip
        assert answer.status_code == 200, answer.content
        run_pending_jobs()
    job = Job.objects.get()
    assert (job.status, job.error_code, job.credits_charged) == ("FAILED", "validation_error", 0)
    assert "at most the song's 2.00 s" in job.error_message


def test_the_base_model_takes_apart_and_adds(ask, upload, settings, base_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(base_folder)
    for mode in ("stem", "lego", "complete"):
        job = ask(
            "extract-stem", src_audio_url=upload["url"], track_name="drums", mode=mode, caption="calm",
            engine="acestep", seed=4,
        )  # fmt: skip
        assert job.effective["told"]["task"] == {"stem": "extract"}.get(mode, mode)
        assert job.takes.get().duration_s == pytest.approx(upload["duration"], abs=0.001)


def first_samples(job):
    return samples_of(job.takes.get(index=1))


def test_a_retake_of_nothing_is_the_song(ask):
    song = ask("text2music", caption="calm", lyrics="la la", model_version="acestep", duration=3, **QUICK)
    same = ask(
        "retake", original_job_id=song.id, retake_variance=0, retake_seeds=[9], calculate_quality=False
    )
    assert np.array_equal(first_samples(same), first_samples(song))
    assert Take.objects.get(job=same).seed == 9 and same.effective["operation"]["variance"] == 0
    other = ask("retake", original_job_id=song.id, retake_variance=1, retake_seeds=[9, 4])
    assert other.effective["seeds"] == [9, 4] and other.takes.count() == 2
    assert not np.array_equal(first_samples(other), first_samples(song))
