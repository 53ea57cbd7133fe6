"""Jobs made in one batch on tiny weights, with the real engine, leases, storage and database."""

import threading
from datetime import timedelta

import pytest
import soundfile
from django.core.files.storage import default_storage
from django.utils import timezone

from audiomusic.engines.acestep import engine as engines
from audiomusic.engines.base import Fit
from audiomusic.engines.registry import engine_facts, load_engine
from jobs.models import AudioFile, Job
from jobs.services import job_cancel, job_create
from jobs.tasks import run_pending_jobs
from jobs.worker import lease, process
from jobs.worker.batches import finishing
from jobs.worker.claims import job_claim
from presets.models import Adapter
from tests.support.acestep_weights import turbo_folder  # noqa: F401
from tests.support.threads import elsewhere

# Real transactions: threads with their own connections keep leases and files.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def server(settings, monkeypatch, tmp_path, turbo_folder):  # noqa: F811
    """The server's settings, with tiny weights and a worker that checks its leases often."""
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "audio"},
        },
    }
    settings.ENGINE, settings.ACESTEP_DIR = "acestep", str(turbo_folder)
    settings.ACESTEP_DEVICE = "cpu"
    load_engine.cache_clear()
    yield settings
    load_engine.cache_clear()
    process._stop_byte[0] = 0


@pytest.fixture
def place(owner):
    """place(user=…, **wishes): a waiting job of 2 s in 2 steps, by default."""

    def make(*, user=owner, **wishes):
        wishes = {
            "caption": "calm piano", "instrumental": True, "duration_s": 2.0, "seed": 7, "format": "wav",
            "calculate_quality": False, "options": {"inference_steps": 2},
        } | wishes  # fmt: skip
        return job_create(user=user, task="text2music", values=wishes, params={})

    return make


@pytest.fixture
def batch_sizes(monkeypatch):
    """The number of takes in each batch, in order; `hook`, if set, is called before each batch."""
    denoise, sizes = engines.denoise, []

    class Sizes(list):
        hook = None

    sizes = Sizes()

    def counting(model, songs, *rest, **more):
        sizes.append(len(songs))
        if sizes.hook:
            sizes.hook()
        return denoise(model, songs, *rest, **more)

    monkeypatch.setattr(engines, "denoise", counting)
    return sizes


def statuses():
    return list(Job.objects.order_by("id").values_list("status", flat=True))


def test_jobs_that_fit_are_made_together_and_stored_each(place, batch_sizes):
    jobs = [place(seed=1), place(seed=2, batch_size=2, duration_s=4.4), place(seed=9)]
    assert run_pending_jobs() == 3
    assert batch_sizes == [4]
    assert statuses() == ["COMPLETED"] * 3
    for job, duration_s in zip(jobs, (2.0, 4.4, 2.0), strict=True):
        job.refresh_from_db()
        assert (job.progress, job.attempts, job.lease_owner) == (100, 1, "")
        assert job.duration_s == duration_s and job.effective["model"]["variant"] == "turbo"
        for file in AudioFile.objects.filter(take__job=job):
            with default_storage.open(file.storage_name) as stored:
                assert soundfile.info(stored).duration == pytest.approx(duration_s, abs=0.001)
    assert [take.seed for take in jobs[1].takes.all()] == [2, 3]


def test_a_song_is_the_same_in_any_batch(place):
    def samples(job):
        file = AudioFile.objects.get(take__job=job, format="wav")
        with default_storage.open(file.storage_name) as stored:
            return soundfile.read(stored)[0]

    alone = place(caption="blues")
    run_pending_jobs()
    beside = [place(caption="blues"), place(caption="a long caption of another user", duration_s=5.0)]
    run_pending_jobs()
    assert abs(samples(alone) - samples(beside[0])).max() < 1e-3  # after mastering, which amplifies it


def test_those_that_must_be_made_otherwise_wait_for_their_own_batch(place, other, batch_sizes):
    place(seed=1)
    place(user=other, options={"inference_steps": 3})
    place(seed=2)
    assert run_pending_jobs() == 3
    assert batch_sizes == [2, 1]
    assert statuses() == ["COMPLETED"] * 3


def test_a_batch_has_room_for_so_much_and_users_take_turns(place, other, server, batch_sizes):
    server.ACESTEP_BATCH_S = "13"
    for user in (None, None, None, other, other):
        place(duration_s=6.0, **({"user": user} if user else {}))  # a shorter one is made in 5.12 s
    first_two = []
    batch_sizes.hook = lambda: first_two.append(
        sorted(Job.objects.filter(status="PROCESSING").values_list("user__username", flat=True))
    )
    assert run_pending_jobs() == 5
    assert batch_sizes == [2, 2, 1]
    assert first_two[0] == ["olive", "otto"]


@pytest.mark.parametrize("place_in_line", [0, 1])
def test_who_was_started_before_is_made_alone(place, other, batch_sizes, place_in_line):
    jobs = [place(), place(user=other)]
    Job.objects.filter(id=jobs[place_in_line].id).update(attempts=1)
    assert run_pending_jobs() == 2
    assert batch_sizes == [1, 1]
    assert statuses() == ["COMPLETED"] * 2


def test_who_has_waited_for_long_is_not_passed_over(place, other, batch_sizes):
    place(seed=1)
    place(user=other, options={"inference_steps": 3})
    place(seed=2)
    Job.objects.filter(user=other).update(created_at=timezone.now() - timedelta(minutes=5))
    run_pending_jobs()
    assert batch_sizes == [1, 1, 1]


def test_a_cancelled_job_leaves_its_batch_and_the_others_are_made(place, batch_sizes):
    jobs = [place(seed=1), place(seed=2)]

    def cancel():
        elsewhere(lambda: job_cancel(job=Job.objects.get(id=jobs[0].id)))
        deadline = threading.Event()
        deadline.wait(0.3)  # time for the lease's thread to notice

    batch_sizes.hook = cancel
    assert run_pending_jobs() == 2
    assert statuses() == ["CANCELLED", "COMPLETED"]
    assert not AudioFile.objects.filter(take__job=jobs[0]).exists()


def test_one_that_cannot_be_stored_fails_alone(place, monkeypatch):
    from jobs import tasks

    def store(*, job, take_result, tags):
        if take_result.seed == 1:
            raise OSError(28, "No space left on device")
        return store_take(job=job, take_result=take_result, tags=tags)

    store_take = tasks.store_take
    monkeypatch.setattr(tasks, "store_take", store)
    bad, _good = place(seed=1), place(seed=2)
    run_pending_jobs()
    bad.refresh_from_db()
    assert statuses() == ["FAILED", "COMPLETED"]
    assert bad.error_code == "storage_failed"


def test_a_stopping_server_puts_all_of_a_batch_back(place, batch_sizes):
    place(seed=1), place(seed=2)
    batch_sizes.hook = process.request_stop
    run_pending_jobs()
    assert statuses() == ["PENDING", "PENDING"]
    assert set(Job.objects.values_list("attempts", flat=True)) == {0}
    assert not AudioFile.objects.exists()


def test_without_weights_each_job_says_so_and_the_server_lives(place, server, tmp_path):
    server.ACESTEP_DIR = str(tmp_path)
    job = place()
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code, job.credits_held) == ("FAILED", "weights_unusable", 0)
    assert str(tmp_path) not in job.error_message and "the server's log says why" in job.error_message


def test_a_crash_fails_what_was_in_hand_and_not_the_worker(place, monkeypatch):
    place(seed=1)
    monkeypatch.setattr(engines.AceStepEngine, "make_batch", lambda self, planned: 1 / 0)
    assert run_pending_jobs() == 1
    monkeypatch.undo()
    assert statuses() == ["FAILED"]


def test_the_weights_stay_in_memory_between_messages(place, monkeypatch):
    loads = []
    load_model = engines.load_model
    monkeypatch.setattr(
        engines, "load_model", lambda *rest, **more: loads.append(1) or load_model(*rest, **more)
    )
    for seed in range(2):
        place(seed=seed)
        run_pending_jobs()
    assert loads == [1]
    assert engine_facts()["acestep"]["variant"] == "turbo"


def test_an_adapter_that_is_gone_by_now_is_a_sentence(place):
    job = place(options={"lora_name_or_path": "Rain", "lora_weight": 0.5})
    other_job = place()
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "adapter_missing")
    other_job.refresh_from_db()
    assert other_job.status == "COMPLETED"


def test_where_an_adapter_lies_is_not_told(place, tmp_path):
    Adapter.objects.create(name="Rain", folder=str(tmp_path / "secret"))
    job = place(options={"lora_name_or_path": "Rain", "lora_weight": 0.5})
    run_pending_jobs()
    job.refresh_from_db()
    assert job.error_code == "adapter_unusable"
    assert "secret" not in str(job.effective) and "secret" not in job.error_message


def test_a_lapsed_lease_leaves_the_job_to_another(place, batch_sizes):
    job = place()

    def lose():
        def take_over():
            Job.objects.filter(id=job.id).update(status="PENDING")
            job_claim(lease_token="another")

        elsewhere(take_over)

    batch_sizes.hook = lose
    run_pending_jobs()
    job.refresh_from_db()
    assert (job.status, job.lease_owner) == ("PROCESSING", "another")
    assert not AudioFile.objects.exists()


def test_an_empty_room_claims_nobody(place, monkeypatch):
    place(), place()
    monkeypatch.setattr(
        engines.AceStepEngine, "fit", lambda self, request: Fit("same", self.batch_s), raising=True
    )
    assert run_pending_jobs() == 2
    assert statuses() == ["COMPLETED"] * 2
    assert finishing.FINISHING_ROOM >= finishing.FINISHING_THREADS
