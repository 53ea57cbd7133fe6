"""What happens to one job of a batch affects only that job: with the real engine on tiny weights, real
leases, storage and database."""

import shutil
import threading

import pytest
import torch
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from audiomusic.engines.acestep import engine as engines
from audiomusic.engines.acestep.network import vae
from audiomusic.engines.registry import load_engine
from jobs import tasks
from jobs.models import AudioFile, Job
from jobs.services import job_cancel
from jobs.storage.takes import job_folder, stored_names
from jobs.tasks import run_pending_jobs
from jobs.worker import lease
from jobs.worker.claims import job_claim
from tests.jobs.worker.test_batch import batch_sizes, place, server, statuses  # noqa: F401
from tests.support.acestep_faults import FAULTS
from tests.support.acestep_weights import turbo_folder  # noqa: F401
from tests.support.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(place):  # noqa: F811
    """Three jobs that are made in one batch, with seeds 1, 2 and 3."""
    return [place(seed=seed) for seed in (1, 2, 3)]


def until_heard():
    """Wait for the leases' threads, which check every 20 ms here."""
    threading.Event().wait(0.3)


def made_files_of(job):
    return [name for name in stored_names() if name.startswith(job_folder(job))]


def assert_only_the_second_ended_as(status, three, code=""):
    assert statuses() == ["COMPLETED", status, "COMPLETED"]
    second = Job.objects.get(id=three[1].id)
    assert (second.error_code, second.credits_held) == (code, 0)
    assert made_files_of(three[1]) == []
    assert {file.take.job_id for file in AudioFile.objects.all()} == {three[0].id, three[2].id}


def test_who_cancels_leaves_and_the_other_two_are_made(three, batch_sizes):  # noqa: F811
    def cancel():
        elsewhere(lambda: job_cancel(job=Job.objects.get(id=three[1].id)))
        until_heard()

    batch_sizes.hook = cancel
    assert run_pending_jobs() == 3
    assert batch_sizes == [3]
    assert_only_the_second_ended_as("CANCELLED", three)


def test_who_takes_too_long_is_stopped_and_the_other_two_are_made(three, batch_sizes, monkeypatch):  # noqa: F811
    late = set()
    lateness_s = property(lambda keeper: 1.0 if keeper.job.id in late else -1.0)
    monkeypatch.setattr(lease.LeaseKeeper, "lateness_s", lateness_s)
    batch_sizes.hook = lambda: late.add(three[1].id)
    run_pending_jobs()
    assert batch_sizes == [3]
    assert_only_the_second_ended_as("FAILED", three, "timed_out")


def test_a_lost_lease_costs_one_of_three_alone(three, batch_sizes):  # noqa: F811
    def lose():
        def take_over():
            Job.objects.filter(id=three[1].id).update(status="PENDING")
            job_claim(lease_token="another")

        elsewhere(take_over)
        until_heard()

    batch_sizes.hook = lose
    run_pending_jobs()
    assert statuses() == ["COMPLETED", "PROCESSING", "COMPLETED"]
    second = Job.objects.get(id=three[1].id)
    assert (second.lease_owner, second.error_code) == ("another", "")
    assert made_files_of(second) == []


def refusing(seed, error):
    """Return the sampler, made to fail on every batch that contains the song of `seed`."""
    denoise = engines.denoise

    def act(model, songs, *rest, **more):
        if any(song.seed == seed for song in songs):
            raise error
        return denoise(model, songs, *rest, **more)

    return act


def test_a_batch_too_large_is_halved_until_the_one_that_never_fits_is_alone(three, monkeypatch):
    monkeypatch.setattr(engines, "denoise", refusing(2, torch.OutOfMemoryError("CUDA out of memory")))
    run_pending_jobs()
    assert_only_the_second_ended_as("FAILED", three, "out_of_memory")


def test_a_song_that_breaks_the_sampler_fails_alone(three, monkeypatch):
    monkeypatch.setattr(engines, "denoise", refusing(2, ZeroDivisionError("bad")))
    run_pending_jobs()
    assert_only_the_second_ended_as("FAILED", three, "engine_failed")


def test_a_song_whose_sound_does_not_fit_into_memory_fails_alone(place, monkeypatch):  # noqa: F811
    three = [place(seed=1), place(seed=2, duration_s=3.0), place(seed=3)]
    decode = vae.decode

    def small(model, latents, samples):
        if samples > 20_000:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(model, latents, samples)

    monkeypatch.setattr(vae, "decode", small)
    run_pending_jobs()
    assert_only_the_second_ended_as("FAILED", three, "out_of_memory")


def test_a_song_that_is_no_sound_fails_alone(three, monkeypatch):
    def poisoned(model, songs, *rest, **more):
        found = denoise(model, songs, *rest, **more)
        for place_, song in enumerate(songs):
            if song.seed == 2:
                found[place_] = found[place_] * float("nan")
        return found

    denoise = engines.denoise
    monkeypatch.setattr(engines, "denoise", poisoned)
    run_pending_jobs()
    assert_only_the_second_ended_as("FAILED", three, "engine_failed")
    assert "Please try another seed" in Job.objects.get(id=three[1].id).error_message


def test_takes_of_a_song_that_was_not_finished_are_thrown_away(place, monkeypatch):  # noqa: F811
    stored = []

    def store(*, job, take_result, tags):
        if take_result.seed == 8:
            raise OSError(28, "No space left on device")
        take = store_take(job=job, take_result=take_result, tags=tags)
        stored.extend(name for name in take.storage_names if take_result.seed == 7)
        return take

    store_take = tasks.store_take
    monkeypatch.setattr(tasks, "store_take", store)
    bad, good = place(seed=7, batch_size=2), place(seed=9)
    run_pending_jobs()
    assert statuses() == ["FAILED", "COMPLETED"]
    assert made_files_of(bad) == [] and len(made_files_of(good)) == 2
    assert not any(default_storage.exists(name) for name in stored)


def test_what_a_dead_worker_left_is_cleared_before_its_job_is_made_again(place, batch_sizes):  # noqa: F811
    fresh, again = place(seed=1), place(seed=2)
    Job.objects.filter(id=again.id).update(attempts=1, started_at=timezone.now())
    left = default_storage.save(f"{job_folder(again)}dead/take-1.flac", ContentFile(b"fLaC"))
    seen = []
    batch_sizes.hook = lambda: seen.append(default_storage.exists(left))
    run_pending_jobs()
    assert batch_sizes == [1, 1] and seen == [True, False]
    assert statuses() == ["COMPLETED"] * 2
    assert len(made_files_of(again)) == len(made_files_of(fresh)) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_weights_that_cannot_be_used_are_a_sentence_of_each_job_and_can_be_mended(
    fault, place, server, turbo_folder, tmp_path, caplog  # noqa: F811
):  # fmt: skip
    spoil, words = FAULTS[fault]
    folder = shutil.copytree(turbo_folder, tmp_path / "weights")
    spoil(folder)
    server.ACESTEP_DIR = str(folder)
    load_engine.cache_clear()
    jobs = [place(seed=1), place(seed=2)]
    run_pending_jobs()
    for job in jobs:
        job.refresh_from_db()
        assert (job.status, job.error_code, job.credits_held) == ("FAILED", "weights_unusable", 0)
        assert "the server's log says why" in job.error_message and str(tmp_path) not in job.error_message
    assert words in caplog.text
    shutil.copytree(turbo_folder, folder, dirs_exist_ok=True)
    place(seed=3)
    run_pending_jobs()
    assert statuses() == ["FAILED", "FAILED", "COMPLETED"]
