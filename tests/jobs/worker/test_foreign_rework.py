"""New songs from audio that this server did not make: from the file to the takes, and each failure."""

import hashlib

import numpy as np
import pytest
import soundfile
from django.core.files.storage import default_storage

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.engines.foreign.analysis import analyse
from audiomusic.engines.foreign.bounds import DecodeBounds
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.studio.rework.kept_song import unpack_song
from jobs.models import Job, SourceFile
from jobs.services import job_delete
from jobs.storage.scores import kept_score, kept_source
from jobs.tasks import run_pending_jobs
from jobs.worker import foreign_sources
from jobs.worker.replay import replay_job
from tests.support.band import RATE_HZ, band
from tests.support.onnx_model import separation_model
from tests.support.sounds import endless, long_silence, sound_bytes, web_server

# Real transactions: a thread with its own connection keeps the lease.
pytestmark = pytest.mark.django_db(transaction=True)

CHORDS = [(57, "m"), (50, "m"), (52, ""), (57, "m")]  # Am Dm E Am, twice


@pytest.fixture(scope="module")
def song_bytes():
    return sound_bytes("MP3", rate_hz=RATE_HZ, samples=band(CHORDS, bpm=120, bars=8))


@pytest.fixture(scope="module")
def found(song_bytes, tmp_path_factory):
    """The song's analysis, made once for the module instead of in each test."""
    path = tmp_path_factory.mktemp("found") / "song.mp3"
    path.write_bytes(song_bytes)
    return analyse(decode(path, path.with_suffix(".wav"), DecodeBounds()).path)


@pytest.fixture
def heard(found, monkeypatch):
    """Give workers that analysis of the song."""
    monkeypatch.setattr(foreign_sources, "analyse_file", lambda path, bounds: found)


@pytest.fixture(autouse=True)
def where(settings, tmp_path):
    storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "audio"},
    }
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    settings.SOURCE_URLS = "private"  # the tests' own server
    settings.SOURCE_MAX_SIZE = "2MB"


@pytest.fixture
def api(client_of, owner):
    return client_of(owner)


def cover(api, **body):
    return api.post("/api/v1/music/cover", {"caption": "calm jazz", "seed": 4, **body})


def finished(answer):
    assert answer.status_code == 200, answer.content
    run_pending_jobs()
    return Job.objects.get(id=answer.json()["job"]["id"])


@pytest.fixture
def upload(api, song_bytes):
    return api.generic("POST", "/api/v1/music/uploads", song_bytes, content_type="audio/mpeg").json()


def ask(api, path, **body):
    return api.post(f"/api/v1/music/{path}", {"caption": "calm piano", "seed": 4, **body})


def samples_of(job):
    with default_storage.open(job.takes.first().files.get(format="flac").storage_name) as file:
        return soundfile.read(file, dtype="int32", always_2d=True)[0] >> 8


def decoded(job, tmp_path):
    path = tmp_path / "origin.wav"
    with default_storage.open(job.source_use.source.storage_name) as file:
        path.with_suffix(".mp3").write_bytes(file.read())
    return soundfile.read(decode(path.with_suffix(".mp3"), path, DecodeBounds()).path, dtype="int32")[0] >> 8


def check_kept(job, origin):
    """Check that each range reported as kept equals the audio, sample for sample, and has its hash."""
    made = samples_of(job)
    for kept in job.effective["kept"]:
        start, stop, at = (round(kept[name] * RATE_HZ) for name in ("source_start_s", "source_end_s", "at_s"))
        part = made[at : at + stop - start]
        assert np.array_equal(part, origin[start:stop]) and len(part) == stop - start > 0
        pcm = np.ascontiguousarray(part, "<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        assert kept["sha256"] == hashlib.sha256(pcm).hexdigest()
    return made


def test_a_cover_of_an_upload_keeps_its_harmony(api, upload, found):
    job = finished(cover(api, src_audio_url=upload["url"], audio_cover_strength=1.0))
    assert job.status == "COMPLETED", job.error_message
    assert (job.bpm, job.keyscale, job.timesignature) == (pytest.approx(120, rel=0.01), "A Minor", "4/4")
    source = job.effective["source"]
    assert (source["kind"], source["source_id"]) == ("upload", upload["id"])
    assert len(source["sha256"]) == 64 and job.effective["lyrics_source"] == "none"
    take = job.takes.get()
    assert take.duration_s == pytest.approx(16, rel=0.2)
    assert unpack_song(kept_source(take)).document["heard"] == found  # same audio, same analysis
    assert api.delete(f"/api/v1/music/uploads/{upload['id']}").status_code == 409


def test_a_repaint_lays_a_matching_piece_into_a_file_at_an_address(api, song_bytes, heard, tmp_path):
    with web_server({"/Rainy.mp3?key=s3cret": song_bytes}) as site:
        job = finished(
            ask(
                api, "repaint", src_audio_url=f"{site}/Rainy.mp3?key=s3cret", repainting_start=6.3,
                repainting_end=9.2,
            )
        )  # fmt: skip
    assert job.status == "COMPLETED", job.error_message
    assert job.effective["source"]["kind"] == "url" and "s3cret" not in str(job.effective)
    assert job.source_use.source.file_name == "Rainy.mp3"
    origin = decoded(job, tmp_path)
    made = check_kept(job, origin)
    assert len(made) == len(origin) and [kept["at_s"] for kept in job.effective["kept"]] == [0, 9.2]
    inside = slice(round(6.5 * RATE_HZ), round(9 * RATE_HZ))
    assert not np.array_equal(made[inside], origin[inside])
    level = [np.sqrt(np.square(sound[inside] / 2**23).mean()) for sound in (made, origin)]
    assert 20 * np.log10(level[0] / level[1]) == pytest.approx(0, abs=6)
    window = job.effective["window"]
    assert (window["start_s"], window["end_s"], window["start_bar"], window["end_bar"]) == (6.3, 9.2, 4, 5)
    score = kept_score(job.takes.get())
    onsets = [row[0] for track in score["tracks"] for row in track["notes"]]
    assert onsets and min(onsets) > 6.2 and max(onsets) < 9.2
    assert (score["key"], score["timesignature"]) == ("A Minor", "4/4")
    assert job.credits_charged == credits_for(2.9)


def test_chains_on_other_audio_are_made_again_from_the_kept_file(api, upload, heard, tmp_path):
    longer = finished(
        ask(api, "extend", src_audio_url=upload["url"], left_extend_length=3, right_extend_length=5)
    )
    assert longer.status == "COMPLETED", longer.error_message
    origin = decoded(longer, tmp_path)
    made = check_kept(longer, origin)
    assert len(made) / RATE_HZ == pytest.approx(len(origin) / RATE_HZ + 8, abs=0.05)
    [kept] = longer.effective["kept"]
    assert (kept["source_start_s"], kept["at_s"]) == (0, 3)
    assert len(origin) / RATE_HZ - kept["source_end_s"] <= 8
    assert longer.credits_charged == credits_for(8)
    again = finished(ask(api, "repaint", source_job_id=longer.id, repainting_start=5, repainting_end=6))
    assert again.status == "COMPLETED", again.error_message
    assert len(again.effective["kept"]) == 2 and again.source_use.source_id == longer.source_use.source_id
    redrawn = finished(ask(api, "retake", original_job_id=again.id, retake_variance=0))
    assert redrawn.status == "COMPLETED", redrawn.error_message
    assert np.array_equal(samples_of(redrawn), samples_of(again))
    job_delete(job=longer)
    again.refresh_from_db()
    [proved] = replay_job(job=again, on_progress=lambda stage, share: None)
    assert proved.is_same, proved.proofs
    refused = ask(api, "edit", source_job_id=again.id, edit_target_lyrics="[Verse]\nla la")
    assert (refused.status_code, refused.json()["code"]) == (400, "engine_cannot"), refused.content


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("repaint", {"repainting_start": 400, "repainting_end": 410}, "validation_error"),
        ("repaint", {"start_bar": 90}, "validation_error"),
        ("repaint", {"section": "Bridge"}, "validation_error"),
        ("extend", {"right_bars": 400}, "source_too_long"),
        (
            "repaint",
            {"repainting_start": 4, "repainting_end": 5, "lyrics": "[Verse]\nOne\nTwo"},
            "words_do_not_fit",
        ),
    ],
    ids=["behind-its-end", "bars", "section", "too-long", "words"],
)
def test_what_the_audio_has_not_is_said_when_it_was_heard(api, song_bytes, heard, path, body, code):
    with web_server({"/a": song_bytes}) as site:
        job = finished(ask(api, path, src_audio_url=f"{site}/a", **body))
    assert (job.status, job.error_code) == ("FAILED", code), job.error_message
    assert job.error_message.endswith(".") and (job.credits_held, job.credits_charged) == (0, 0)


def stems(api, **body):
    return api.post("/api/v1/music/extract-stem", body)


def test_the_bass_of_other_audio_and_what_is_left_of_it(api, song_bytes, upload, tmp_path):
    job = finished(stems(api, src_audio_url=upload["url"], track_name="bass", mode="without"))
    assert job.status == "COMPLETED", job.error_message
    assert job.effective["stems"] == [["bass"]]
    assert job.effective["operation"]["method"]["bass"].startswith("low harmonics")
    origin, rest = decoded(job, tmp_path), samples_of(job)
    assert rest.shape == origin.shape
    low_bins = round(180 * len(origin) / RATE_HZ)
    power = [np.square(np.abs(np.fft.rfft(sound[:, 0]))[:low_bins]).sum() for sound in (rest, origin)]
    assert power[0] < 0.4 * power[1]
    with web_server({"/a": song_bytes}) as site:
        again = finished(stems(api, src_audio_url=f"{site}/a", track_name="bass"))
    assert again.credits_charged == job.credits_charged == credits_for(len(origin) / RATE_HZ)
    assert np.abs(samples_of(again) + rest - origin).max() <= 2  # of 2 ** 23: each is rounded
    [proved] = replay_job(job=again, on_progress=lambda stage, share: None)
    assert proved.is_same


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"track_name": "vocals"}, "make stems MODEL="),
        ({"track_name": "guitar"}, "drums, bass and percussion can be extracted, but not guitar"),
        ({"track_name": "bass", "model_version": "acestep"}, "expected one of: studio"),
    ],
)
def test_parts_that_cannot_be_told_say_what_would_do_it(api, upload, body, words):
    answer = stems(api, src_audio_url=upload["url"], **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "engine_cannot"), answer.content
    assert words in answer.json()["detail"] and not Job.objects.exists()


def test_voices_are_taken_out_by_a_model_of_the_operators(api, upload, settings, tmp_path):
    (tmp_path / "own.onnx").write_bytes(separation_model(np.eye(4), bins=1024, frames=32))
    (tmp_path / "own.json").write_text('{"stem": "vocals", "n_fft": 4096}')
    settings.STEM_MODEL = str(tmp_path)
    job = finished(stems(api, src_audio_url=upload["url"], track_name="Vocals"))
    assert job.status == "COMPLETED", job.error_message
    assert len(job.takes.get().made_with["model"]) == 64
    (tmp_path / "own.onnx").write_bytes(b"another")
    broken = finished(stems(api, src_audio_url=upload["url"], track_name="vocals"))
    assert (broken.status, broken.error_code) == ("FAILED", "separation_failed"), broken.error_message
    assert broken.credits_charged == 0


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (b"<html>", "source_not_audio"),
        (b"", "source_not_audio"),
        (sound_bytes("WAV")[:9_000], "source_not_audio"),
        (long_silence(), "source_too_long"),
        (long_silence(said_s=0), "source_too_long"),
        (endless, "source_too_large"),
        (None, "source_unreachable"),
        (sound_bytes("FLAC", samples=np.zeros((48_000, 2), np.float32)), "analysis_failed"),
    ],
    ids=["page", "empty", "truncated", "ten-hours", "unsaid", "endless", "missing", "silence"],
)
def test_what_cannot_be_covered_fails_with_a_code_and_costs_nothing(api, page, code):
    """So do repainting, extending and separating, except that silence has stems, which are silent."""
    window = {"repainting_start": 1, "repainting_end": 2}
    with web_server({} if page is None else {"/a": page}) as site:
        address = {"src_audio_url": f"{site}/a"}
        asked = [cover(api, **address)]
        if code != "analysis_failed":
            asked += [ask(api, "repaint", **address, **window), ask(api, "extend", **address)]
            asked += [stems(api, track_name="bass", **address)]
        assert [answer.status_code for answer in asked] == [200] * len(asked)
        run_pending_jobs()
    for job in Job.objects.all():
        assert (job.status, job.error_code) == ("FAILED", code), job.error_message
        assert job.error_message.endswith(".") and (job.credits_held, job.credits_charged) == (0, 0)
    assert (code == "analysis_failed") == SourceFile.objects.exists()


def test_the_worker_lives_after_all_of_them(api, song_bytes, heard):
    with web_server({"/bad": b"nothing", "/good": song_bytes}) as site:
        bad = cover(api, src_audio_url=f"{site}/bad")
        good = ask(api, "repaint", src_audio_url=f"{site}/good", start_bar=2, end_bar=2)
        run_pending_jobs()
    states = [Job.objects.get(id=answer.json()["job"]["id"]).status for answer in (bad, good)]
    assert states == ["FAILED", "COMPLETED"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("edit", {"edit_target_prompt": "more drums"}, "engine_cannot"),
        ("repaint", {"caption": "x"}, "validation_error"),
        ("repaint", {"repainting_start": 5, "repainting_end": 5.2, "caption": "x"}, "validation_error"),
        ("extend", {"right_extend_length": 0, "caption": "x"}, "validation_error"),
        (
            "cover",
            {"caption": "jazz", "lyrics": "[Verse]\nla la", "audio_cover_strength": 0.9},
            "engine_cannot",
        ),
        ("cover", {"caption": "jazz", "src_audio_url": "http://10.0.0.1/a"}, "source_url_not_allowed"),
    ],
)
def test_what_cannot_be_done_says_what_could(api, settings, path, body, code):
    settings.SOURCE_URLS = "public"
    answer = api.post(f"/api/v1/music/{path}", {"src_audio_url": "https://a.example/b.mp3", **body})
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content
    assert not Job.objects.exists()
