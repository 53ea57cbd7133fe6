"""Tools by an engine that works on audio: which engine is chosen, and each error.
tests/jobs/worker/test_sound_tools.py tests what the worker makes of it."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.models import Job, SourceFile
from presets.models import Adapter
from tests.support.acestep_weights import base_folder, turbo_folder  # noqa: F401
from tests.support.studio_songs import studio_song
from tests.support.tool_songs import tool_song

pytestmark = pytest.mark.django_db

API = "/api/v1/music"
STRETCH = {"repainting_start": 1, "repainting_end": 3, "caption": "calm"}


@pytest.fixture
def weights(settings, turbo_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(turbo_folder)


@pytest.fixture
def sung(owner):
    """A song by ACE-Step itself."""
    return studio_song(owner, engine="acestep", has_score=False, bpm=97.0, keyscale="A Minor")


@pytest.fixture
def upload(owner):
    name = default_storage.save("sources/1/sound.flac", ContentFile(b"fLaC"))
    return SourceFile.objects.create(
        user=owner, origin="upload", storage_name=name, byte_count=4, sha256="0" * 64, duration_s=9.0,
        file_name="Rain.flac", format="flac", samples_sha256="a" * 64, sample_rate_hz=48_000, channels=2,
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


def engine_of(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["job"]["engine"]


def refused(answer, words, code="engine_cannot"):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, code), answer.content
    assert words in body["detail"] and body["detail"].endswith("."), body["detail"]


def test_a_song_is_worked_on_by_the_engine_that_made_it(api, sung, owner, weights):
    assert engine_of(api.post(f"{API}/repaint", {"source_job_id": sung.id, **STRETCH})) == "acestep"
    composed = tool_song(owner)
    assert engine_of(api.post(f"{API}/repaint", {"source_job_id": composed.id, **STRETCH})) == "studio"
    asked = {"source_job_id": composed.id, "engine": "acestep", **STRETCH}
    assert engine_of(api.post(f"{API}/repaint", asked)) == "acestep"


def test_what_is_kept_of_a_song_of_its_own(api, sung, weights):
    body = {"source_job_id": sung.id, "bpm": 120, "inference_steps": 4, **STRETCH}
    job = api.post(f"{API}/repaint", body).json()["job"]
    assert (job["bpm"], job["keyscale"], job["lyrics"]) == (97.0, "A Minor", sung.lyrics)
    assert job["credits"]["reserved"] == 33  # 2 s
    effective = job["effective"]
    assert effective["options"] == {"inference_steps": 4} and "bpm" in effective["not_applied"]
    assert effective["source"]["job_id"] == sung.id
    assert effective["window"] == {"start_s": 1, "end_s": 3, "fade_ms": 40}


@pytest.mark.parametrize(("leaf", "body", "engine"), [
    ("cover", {}, "studio"), ("cover", {"engine": "acestep"}, "acestep"),
    ("reference", {"engine": "acestep", "lyrics": "la"}, "acestep"),
])  # fmt: skip
def test_other_audio_goes_to_the_studio_first(api, upload, weights, leaf, body, engine):
    name = "reference_audio_url" if leaf == "reference" else "src_audio_url"
    answer = api.post(f"{API}/{leaf}", {name: f"upload:{upload.id}", "caption": "calm", **body})
    assert engine_of(answer) == engine
    assert Job.objects.get().source_use.source == upload


def test_without_weights_it_says_so(api, sung, owner):
    composed = tool_song(owner)
    body = {"source_job_id": composed.id, "caption": "calm", "engine": "acestep"}
    refused(api.post(f"{API}/cover", body), "no weights on this server; expected one of: studio")
    refused(api.post(f"{API}/cover", {"source_job_id": sung.id, "caption": "calm"}), "made by acestep")


@pytest.mark.parametrize("mode", ["stem", "lego", "complete"])
def test_turbo_weights_neither_take_apart_nor_add(api, upload, weights, mode):
    body = {"src_audio_url": f"upload:{upload.id}", "track_name": "drums", "mode": mode, "engine": "acestep"}
    refused(api.post(f"{API}/extract-stem", body), "that needs the base model")
    assert not Job.objects.exists()


def test_base_weights_do(api, owner, upload, settings, base_folder):  # noqa: F811
    settings.ACESTEP_DIR = str(base_folder)
    body = {"src_audio_url": f"upload:{upload.id}", "track_name": "drums", "mode": "lego", "caption": "dry"}
    job = api.post(f"{API}/extract-stem", body).json()["job"]
    assert (job["engine"], job["display_name"]) == ("acestep", "Rain – lego drums")
    without = {**body, "mode": "without", "engine": "acestep"}
    refused(api.post(f"{API}/extract-stem", without), "makes no song without a part of it")
    composed = {**body, "engine": "studio", "src_audio_url": None, "source_job_id": tool_song(owner).id}
    refused(api.post(f"{API}/extract-stem", composed), "The studio engine adds no parts")
    every = {"src_audio_url": body["src_audio_url"], "all_stems": True, "engine": "acestep"}
    refused(api.post(f"{API}/extract-stem", every), "Expected one part")


def test_an_edit_is_no_task_of_the_model(api, sung, weights):
    body = {"source_job_id": sung.id, "edit_target_prompt": "jazz", "engine": "acestep"}
    refused(api.post(f"{API}/edit", body), "expected one of: studio")


def test_a_retake_wants_the_engines_own_song(api, sung, owner, weights):
    assert engine_of(api.post(f"{API}/retake", {"original_job_id": sung.id})) == "acestep"
    sung.task = "cover"
    sung.save(update_fields=["task"])
    refused(api.post(f"{API}/retake", {"original_job_id": sung.id}), "made from a request")
    asked = {"original_job_id": tool_song(owner).id, "engine": "acestep"}
    refused(api.post(f"{API}/retake", asked), "made from a request")


def test_bars_are_not_known(api, sung, weights):
    body = {"source_job_id": sung.id, "start_bar": 1, "end_bar": 2, "caption": "calm"}
    refused(api.post(f"{API}/repaint", body), "no score")


def test_an_adapter_is_played_within_its_limits(api, sung, weights, tmp_path):
    Adapter.objects.create(name="Rain", folder=str(tmp_path), least_weight=0, most_weight=1)
    body = {"source_job_id": sung.id, "lora_name_or_path": "Rain", **STRETCH}
    answer = api.post(f"{API}/repaint", {**body, "lora_weight": 2})
    assert answer.status_code == 400 and "lora_weight" in answer.json()["errors"]
    job = api.post(f"{API}/repaint", {**body, "lora_weight": 0.5}).json()["job"]
    assert job["effective"]["options"] == {"lora_name_or_path": "Rain", "lora_weight": 0.5}
    reversed_interval = {"cfg_interval_start": 0.9, "cfg_interval_end": 0.1}
    answer = api.post(f"{API}/repaint", {"source_job_id": sung.id, **reversed_interval, **STRETCH})
    assert answer.status_code == 400 and "cfg_interval_start" in answer.json()["errors"]
