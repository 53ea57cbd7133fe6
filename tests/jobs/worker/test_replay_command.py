"""Songs made again from what is stored: by the real engine, and by one that is not deterministic."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from audiomusic.engines.base import SongRequest
from audiomusic.engines.encoding import encode, samples_sha256
from audiomusic.engines.registry import load_engine
from jobs.models import AudioFile, Job, Take
from jobs.storage.files import delete_files
from jobs.storage.recipes import recipe_of
from jobs.storage.takes import ensure_format
from jobs.tasks import run_pending_jobs

# Real transactions: a thread with its own connection keeps the lease.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_folder")]

LYRICS = "[Verse]\nHello to the morning (hello)"
#: A short piece for each task.
TASKS = {
    "text2music": {"caption": "folk", "lyrics": LYRICS, "instrumental": False, "duration_s": 5.0},
    "prompt2instrumental": {"caption": "jazz", "duration_s": 2.0},
    "text2rap": {"caption": "hip hop", "lyrics": LYRICS, "instrumental": False, "duration_s": 5.0},
    "lyric2vocals": {"caption": "choir", "lyrics": LYRICS, "duration_s": 5.0},
    "text2samples": {"caption": "drum loop", "sample_type": "loop", "duration_s": None},
    "simple": {"caption": "", "query": "a song about rain", "instrumental": False, "duration_s": 8.0},
}


@pytest.fixture
def made(make_job):
    """made(**wishes): a finished job."""

    def make(**wishes):
        job = make_job(**wishes)
        run_pending_jobs()
        job.refresh_from_db()
        assert job.status == "COMPLETED", job.error_message
        return job

    return make


def replay(job_id, **options):
    """Return (the command's output, whether it exits with 0)."""
    out = StringIO()
    try:
        call_command("replay", job_id, stdout=out, **options)
    except SystemExit as end:
        return out.getvalue(), end.code == 0
    return out.getvalue(), True


@pytest.mark.parametrize("task", TASKS)
def test_each_task_is_made_again_from_what_is_stored(made, settings, task):
    """The result is bit-identical, and `effective` reports what was really used."""
    settings.ENGINE = "studio"
    job = made(task=task, **TASKS[task])
    effective, plan = job.effective, job.effective["plan"]
    used = ("kind", "seeds", "engine", "engine_version", "format", "bpm", "keyscale", "timesignature")
    assert all(effective[name] for name in (*used, "duration_s", "max_duration_s"))
    assert effective["duration_s"] == pytest.approx(job.duration_s, abs=1e-4)
    assert all(plan[name] for name in ("genre", "sections", "energy", "singer", "title"))
    is_sung = task not in ("prompt2instrumental", "text2samples")
    assert bool(effective["lyrics"]) == bool(effective.get("singers")) == is_sung
    assert effective["vocal_language"] == ("en" if is_sung else None)

    words, is_same = replay(job.id)
    assert is_same and "take 1, samples: the same" in words and "take 1, flac file: the same" in words
    assert "made with another" not in words
    assert f"made {job.takes.get().samples_sha256}" in words


def test_a_recipe_alone_makes_the_same_audio(made, settings, tmp_path):
    settings.ENGINE = "studio"
    take = made(duration_s=3.0, task="simple", query="a song about rain", instrumental=False).takes.get()
    recipe = json.loads(json.dumps(recipe_of(take)))
    takes = []
    load_engine(recipe["engine"]).generate(
        SongRequest(**{**recipe["request"], "seeds": tuple(recipe["request"]["seeds"])}),
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=takes.append,
    )
    encode(takes[0].samples, tmp_path / "again.flac", "flac")
    assert samples_sha256(tmp_path / "again.flac") == recipe["samples_sha256"]


def test_every_take_and_every_lossless_file_is_proved(made):
    words, is_same = replay(made(batch_size=3, format="wav").id)
    assert is_same
    for index in (1, 2, 3):
        for name in ("samples", "flac file", "wav file"):
            assert f"take {index}, {name}: the same" in words


def test_a_lossy_file_is_not_compared(made):
    words, is_same = replay(made(format="mp3").id)
    assert is_same and "mp3" not in words


def test_a_format_made_later_is_made_in_the_same_way(made):
    job = made()
    ensure_format(take=job.takes.get(), format="wav")
    assert "take 1, wav file: the same" in replay(job.id)[0]


def test_one_take_alone(made):
    words, is_same = replay(made(batch_size=3).id, take=2)
    assert is_same and "take 2, samples" in words
    assert "take 1," not in words and "take 3," not in words


def test_a_renamed_song_is_still_the_same(made):
    job = made()
    Job.objects.filter(id=job.id).update(display_name="Another name")
    assert replay(job.id)[1]


def test_other_audio_is_told_and_exits_with_1(made, monkeypatch):
    job = made()
    drawn = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: drawn(seed + 1))
    words, is_same = replay(job.id)
    assert not is_same
    assert "take 1, samples: different" in words and "take 1, flac file: different" in words
    assert f"kept {job.takes.get().samples_sha256}" in words


def test_another_version_or_machine_is_named(made):
    job = made()
    take = job.takes.get()
    Take.objects.update(made_with={**take.made_with, "engine_version": "0.0", "cpu": "Z80", "torch": "1.0"})
    words, is_same = replay(job.id)
    assert is_same
    assert "made with another engine_version: 0.0 then, 0.1 now" in words
    assert "made with another cpu: Z80 then" in words
    assert "made with another torch: 1.0 then, unknown now" in words


def test_a_take_of_an_older_engine_that_sounded_different_says_so(made, monkeypatch):
    job = made()
    take = job.takes.get()
    Take.objects.update(made_with={**take.made_with, "engine_version": "0.0"})
    drawn = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda seed: drawn(seed + 1))
    words, is_same = replay(job.id)
    assert not is_same and "Version 0.1 has different sounds" in words


def test_a_lost_master_is_a_difference(made):
    job = made()
    delete_files([AudioFile.objects.get().storage_name])
    words, is_same = replay(job.id)
    assert not is_same and "take 1, samples: the same" in words and "made none" in words


def test_a_take_without_a_noted_hash_is_held_against_its_master(made):
    job = made()
    Take.objects.update(samples_sha256="")
    words, is_same = replay(job.id)
    assert is_same and "take 1, samples: the same" in words


def test_it_writes_nothing(made):
    job = made(batch_size=2)
    before = list(AudioFile.objects.values())
    replay(job.id)
    assert list(AudioFile.objects.values()) == before
    assert all(default_storage.exists(row["storage_name"]) for row in before)


def test_there_must_be_such_a_job():
    with pytest.raises(CommandError, match="There is no job 9"):
        replay(9)


def test_it_must_be_finished(make_job):
    with pytest.raises(CommandError, match="Only a COMPLETED job can be made again; job .* is PENDING"):
        replay(make_job().id)


def test_there_must_be_such_a_take(made):
    with pytest.raises(CommandError, match="has the takes 1, 2; expected take 3"):
        replay(made(batch_size=2).id, take=3)


def test_its_engine_must_be_there(made):
    job = made()
    Job.objects.update(engine="harpsichord")
    with pytest.raises(CommandError, match="no engine is called 'harpsichord'"):
        replay(job.id)
