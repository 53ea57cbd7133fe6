"""New songs made from an existing one by the real engine: from the request to files, and again from the
stored data when the song is gone."""

import hashlib

import numpy as np
import pytest

from jobs.models import Job
from jobs.representations import job_body
from jobs.services import job_delete
from jobs.storage.recipes import recipe_of
from jobs.storage.scores import kept_score
from jobs.tasks import run_pending_jobs
from jobs.tools.rework import rework_job_create
from jobs.tools.sources import SourceRef, source_take
from tests.support.made_songs import replayed, run, samples_of

# Real transactions: a thread with its own connection keeps the lease.
pytestmark = pytest.mark.django_db(transaction=True)

LYRICS = "[Verse]\nHello to the morning\n[Chorus]\nSing it to the sky"
RATE = 48_000


@pytest.fixture
def song(make_song):
    return make_song(lyrics=LYRICS, duration_s=6.0, seed=5)


def ask(song, task, **wishes):
    take = source_take(user=song.user, ref=SourceRef(song.id))
    wishes = {"calculate_quality": False, **wishes}
    return rework_job_create(user=song.user, task=task, take=take, wishes=wishes, params=wishes)


def pcm24(samples):
    return np.ascontiguousarray(samples.astype("<i4")).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def assert_kept_as_told(job, source):
    """Check against both files that each kept range is in both, sample for sample, with the reported hash."""
    mine, theirs = (samples_of(each.takes.first()) for each in (job, source))
    assert job.effective["kept"]
    for kept in job.effective["kept"]:
        count = round((kept["source_end_s"] - kept["source_start_s"]) * RATE)
        here, there = round(kept["at_s"] * RATE), round(kept["source_start_s"] * RATE)
        part = mine[here : here + count]
        assert np.array_equal(part, theirs[there : there + count])
        assert hashlib.sha256(pcm24(part)).hexdigest() == kept["sha256"]


def test_a_chain_of_reworks_is_made_again_bit_by_bit_after_its_songs_are_gone(song, credits_of):
    before = credits_of(song.user)
    one = run(ask(song, "repaint", start_s=2.0, end_s=4.0, caption="calm", seed=1))
    assert before - credits_of(song.user) == one.credits_charged == 33  # 2 s
    assert_kept_as_told(one, song)
    assert one.duration_s == song.duration_s
    assert one.effective["window"]["start_s"] == 2.0
    two = run(ask(one, "edit", lyrics=LYRICS.replace("Hello to", "Farewell,"), seed=2))
    assert_kept_as_told(two, one)
    assert "Farewell" in two.lyrics and "Hello" not in two.lyrics
    three = run(ask(two, "extend", left_s=0.0, right_s=2.0, caption="an outro", seed=3, generate_lrc=True))
    assert_kept_as_told(three, two)
    assert three.duration_s == pytest.approx(song.duration_s + 2.0, abs=0.05)
    for job in (song, one, two):
        job_delete(job=job)
    three.refresh_from_db()
    assert three.source_job is None
    words, is_same = replayed(three)
    assert is_same, words
    assert recipe_of(three.takes.get())["source"]["song_gzip_base64"]
    assert kept_score(three.takes.get())["parents"][0]["job_id"] == two.id


def test_a_retake_at_zero_is_the_song_itself(song):
    job = run(ask(song, "retake", variance=0.0, seed=9))
    assert np.array_equal(samples_of(job.takes.get()), samples_of(song.takes.get()))
    assert job.effective["operation"]["layers"] == []
    assert not job.effective["is_pieced"]


def test_the_seeds_of_a_retake_are_its_takes(song):
    job = run(ask(song, "retake", variance=0.2, retake_seeds=[4, 5]))
    first, second = job.takes.all()
    assert (first.seed, second.seed) == (4, 5)
    assert first.samples_sha256 != second.samples_sha256
    assert job_body(job, base_url="")["actual_seeds"] == [4, 5]
    assert {file.format for file in first.score_files.all()} == {"json", "midi", "npz", "gz"}


def test_a_song_whose_curves_are_lost_is_made_again_from_its_recipe(song):
    song.takes.get().score_files.filter(format="npz").delete()
    job = run(ask(song, "repaint", start_s=1.0, end_s=2.0, caption="calm", seed=1))
    assert_kept_as_told(job, song)


def test_a_song_that_does_not_come_out_the_same_is_too_old(song):
    song.takes.get().score_files.filter(format="npz").delete()
    song.takes.update(samples_sha256="0" * 64)
    job = ask(song, "repaint", start_s=1.0, end_s=2.0, caption="calm", seed=1)
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "source_too_old")


def test_words_that_do_not_fit_fail_with_the_line_and_cost_nothing(song, credits_of, monkeypatch):
    """The text alone did not show it; the voice counts the syllables it sings."""
    from jobs.tools import operations

    monkeypatch.setattr(operations, "misfit", lambda score, lyrics: "")
    before = credits_of(song.user)
    job = ask(song, "edit", lyrics="[Verse]\n" + "na " * 60)
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "words_do_not_fit")
    assert credits_of(song.user) == before
    assert Job.objects.count() == 2
