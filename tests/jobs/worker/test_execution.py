"""Stems made by the real engine, from the request to files, and again when the song is gone."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.files.storage import default_storage

from audiomusic.accounts.credits.ledger import balance_of
from audiomusic.engines.registry import load_engine
from jobs.models import Job, Take
from jobs.representations import job_body
from jobs.services import job_cancel, job_delete, job_retry
from jobs.storage.links import PROJECT_KIND, STEMS_KIND, archive_url
from jobs.storage.recipes import recipe_of
from jobs.storage.scores import kept_score
from jobs.storage.takes import job_folder, names_of_job, stored_names
from jobs.tasks import run_pending_jobs
from jobs.tools.extraction import stem_job_create
from jobs.tools.rework import rework_job_create
from jobs.tools.sources import SourceRef, source_take
from tests.support.made_songs import replayed, run, samples_of

# Real transactions: a thread with its own connection keeps the lease.
pytestmark = pytest.mark.django_db(transaction=True)

LYRICS = "[Verse]\nHello to the morning (hello)"


@pytest.fixture
def song(make_song):
    return make_song(lyrics=LYRICS, duration_s=4.0, generate_lrc=True)


def ask(song, **wishes):
    take = source_take(user=song.user, ref=SourceRef(song.id))
    return stem_job_create(user=song.user, take=take, wishes=wishes, params=wishes)


def test_all_stems_add_up_to_the_stored_master(song, credits_of):
    job = run(ask(song, all_stems=True))
    names = [stems[0] for stems in job.effective["stems"]]
    assert {"vocals", "drums", "bass"} <= set(names)
    takes = list(job.takes.all())
    assert len(takes) == job.batch_size == len(names)
    master = samples_of(song.takes.get())
    sounds = [samples_of(take) for take in takes]
    assert {sound.shape for sound in sounds} == {master.shape}
    rest = np.abs(sum(sounds) - master).max() / 2**23
    assert 20 * np.log10(rest + 1e-12) <= -90
    assert min(np.abs(sound).max() for sound in sounds) > 0
    assert job.credits_charged == 66  # 4 s of a song, once
    assert job.quality_score is None and job.duration_s == song.duration_s


def test_a_stem_with_the_lead_has_the_songs_lyrics(song):
    vocals, drums = run(ask(song, track_name="vocals")), run(ask(song, track_name="drums"))
    assert vocals.takes.get().lrc_content == song.takes.get().lrc_content != ""
    assert vocals.lrc_content and vocals.lyrics == song.lyrics
    assert not drums.takes.get().lrc_content


def test_a_song_without_a_part_and_the_part_are_the_song(song):
    part = samples_of(run(ask(song, track_name="vocals")).takes.get())
    rest = samples_of(run(ask(song, track_name="vocals", mode="without")).takes.get())
    error = np.abs(part + rest - samples_of(song.takes.get())).max() / 2**23
    assert 20 * np.log10(error + 1e-12) <= -90


def test_its_files_know_where_they_come_from(song):
    job = run(ask(song, track_name="bass", format="mp3"))
    take = job.takes.get()
    assert {file.format for file in take.files.all()} == {"flac", "mp3"}
    assert {file.format for file in take.score_files.all()} == {"json", "midi", "npz"}
    source = song.takes.get()
    [parent] = kept_score(take)["parents"]
    assert parent == {"job_id": song.id, "take": 1, "sha256": source.samples_sha256}
    body = job_body(job, base_url="")
    assert body["source_job_id"] == song.id and body["takes"][0]["score_url"] and body["takes"][0]["midi_url"]


def test_it_is_made_again_bit_by_bit_after_its_song_is_gone(song):
    job = run(ask(song, all_stems=True, format="wav"))
    job_delete(job=song)
    job.refresh_from_db()
    assert job.source_job is None
    words, is_same = replayed(job)
    assert is_same, words
    assert "take 2, samples: the same" in words and "take 2, wav file: the same" in words
    recipe = json.loads(json.dumps(recipe_of(job.takes.first())))
    assert recipe["effective"]["operation"]["mode"] == "all"
    assert recipe["source"]["score"]["exact"] and recipe["source"]["curves_npz_base64"]


def test_a_song_that_is_laid_together_is_taken_apart_too(song):
    wishes = {"start_s": 1.0, "end_s": 2.5, "caption": "calm", "seed": 1, "calculate_quality": False}
    take = source_take(user=song.user, ref=SourceRef(song.id))
    again = run(rework_job_create(user=song.user, task="repaint", take=take, wishes=wishes, params=wishes))
    job, others = (run(ask(again, track_name="vocals", mode=mode)) for mode in ("stem", "without"))
    parts = [samples_of(each.takes.get()) for each in (job, others)]
    rest = sum(parts) - samples_of(again.takes.get())
    assert min(np.abs(part).max() for part in parts) > 0
    assert 20 * np.log10(np.abs(rest).max() / 2**23 + 1e-12) <= -90
    for each in (song, again):
        job_delete(job=each)
    assert replayed(job)[1]
    assert recipe_of(job.takes.get())["source"].keys() == {
        "score", "curves_npz_base64", "song_gzip_base64",
    }  # fmt: skip


def test_a_song_lost_before_its_stem_was_made_fails_with_a_sentence(song, credits_of):
    job = ask(song, track_name="bass")
    before = balance_of(song.user)
    Take.objects.filter(job=song).delete()
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "source_not_found")
    assert "no longer exists" in job.error_message
    assert balance_of(song.user) == before + job.credits_reserved
    assert not names_of_job(job) and not list(stored_names(job_folder(job)))


def test_curves_that_cannot_be_read_fail_with_a_sentence_and_a_retry_makes_it(song):
    file = song.takes.get().score_files.get(format="npz")
    path = Path(default_storage.path(file.storage_name))
    kept = path.read_bytes()
    path.write_bytes(b"junk")
    job = ask(song, track_name="bass")
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "source_too_old")
    path.write_bytes(kept)
    run(job_retry(job=job))
    assert job.takes.count() == 1


def test_a_waiting_one_is_cancelled(song):
    job = job_cancel(job=ask(song, track_name="bass"))
    assert job.status == "CANCELLED" and run_pending_jobs() == 0


def test_a_running_one_stops(song, monkeypatch):
    job = ask(song, all_stems=True)
    engine, made = load_engine("studio"), []
    extract_stems = type(engine).extract_stems

    def stop_after_one(self, request, *, on_progress, is_cancelled, on_take):
        def take(result):
            made.append(result.index)
            on_take(result)
            job_cancel(job=job)

        extract_stems(self, request, on_progress=on_progress, is_cancelled=lambda: bool(made), on_take=take)

    monkeypatch.setattr(type(engine), "extract_stems", stop_after_one)
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, made) == ("CANCELLED", [1])
    assert not list(stored_names(job_folder(job)))


def test_all_stems_come_as_a_zip_and_as_a_project(song, client):
    job = run(ask(song, all_stems=True))
    answer = client.get(archive_url(job, STEMS_KIND, base_url=""))
    content = b"".join(answer)
    assert answer["Content-Type"] == "application/zip" and int(answer["Content-Length"]) == len(content)
    stems = zipfile.ZipFile(io.BytesIO(content))
    assert stems.testzip() is None
    names = [stems_of_take[0].replace("_", " ") for stems_of_take in job.effective["stems"]]
    assert stems.namelist() == [f"{n:02d} {name}.wav" for n, name in enumerate(names, start=1)]
    for name, take in zip(stems.namelist(), job.takes.all(), strict=True):
        with stems.open(name) as file:
            sound, rate = soundfile.read(io.BytesIO(file.read()), dtype="int32", always_2d=True)
        assert rate == 48_000
        assert np.array_equal(sound.astype(np.int64) >> 8, samples_of(take))

    project = zipfile.ZipFile(io.BytesIO(b"".join(client.get(archive_url(job, PROJECT_KIND, base_url="")))))
    assert project.testzip() is None
    assert set(project.namelist()) - set(stems.namelist()) == {
        "song.mid", "score.json", "chords.cho", "lyrics.lrc", "lyrics by word.lrc",
    }  # fmt: skip
    assert project.read("song.mid").startswith(b"MThd")
    assert json.loads(project.read("score.json"))["format"] == "audiomusic-score"
    assert project.read("chords.cho").startswith(b"{title: ")
    assert project.read("lyrics.lrc").decode() == song.takes.get().lrc_content


def test_a_zip_is_only_of_all_stems(song, client):
    for job in (song, run(ask(song, track_name="bass"))):
        assert client.get(archive_url(job, STEMS_KIND, base_url="")).status_code == 404


def test_the_same_stem_is_the_same_file(song):
    """Two equal jobs: nothing in them is random."""
    one, two = (run(ask(song, track_name="drums")).takes.get() for _ in range(2))
    assert one.samples_sha256 == two.samples_sha256 != ""
    assert hashlib.sha256(samples_of(one).tobytes()).digest() != hashlib.sha256(b"").digest()
    assert Job.objects.filter(source_job=song).count() == 2
