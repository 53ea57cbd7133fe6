"""While one batch is made, the next is claimed and planned, on a fake engine."""

import threading
from dataclasses import replace

import pytest

from audiomusic.engines.base import Cancelled, Fit
from audiomusic.engines.registry import ENGINES, load_engine
from jobs.models import Job, Take
from jobs.services import job_cancel
from jobs.tasks import run_pending_jobs
from jobs.timing.pace import measured_pace
from jobs.worker import lease, process
from jobs.worker.batches import pipeline
from jobs.worker.claims import job_claim
from tests.support.fake_engine import FakeBatchEngine, play_until_cancelled
from tests.support.threads import elsewhere

# Real transactions: a thread with its own connection claims the next batch.
pytestmark = pytest.mark.django_db(transaction=True)

WAIT_S = 20


class Desk:
    """A log of the engine's calls, in order. `hooks`: seed -> function to call while that song is made."""

    def __init__(self):
        self.events, self.hooks, self.planned = [], {}, threading.Event()

    def note(self, what, seed):
        self.events.append(f"{what} {seed}")

    def wait_for_plan(self, seed):
        while f"plan {seed}" not in self.events:
            assert self.planned.wait(WAIT_S), f"song {seed} was not planned"
            self.planned.clear()


@pytest.fixture(autouse=True)
def desk(fake_engine, monkeypatch, settings, tmp_path):
    """An engine that makes one song per batch and plans ahead."""
    desk = Desk()
    monkeypatch.setattr(lease, "TICK_S", 0.02)
    monkeypatch.setattr(pipeline, "LOOK_S", 0.02)
    path = "tests.support.fake_engine:FakeBatchEngine"
    monkeypatch.setitem(ENGINES, "fake", replace(ENGINES["fake"], path=path, makes_batches=True))
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    plan, make = FakeBatchEngine.plan_batch, FakeBatchEngine.make_batch

    def plan_batch(self, orders):
        [order] = orders
        desk.note("plan", order.request.seeds[0])
        desk.planned.set()
        return plan(self, orders)

    def make_batch(self, planned):
        for seed in [each.order.request.seeds[0] for each in planned]:
            desk.note("make", seed)
            desk.hooks.get(seed, lambda: None)()
        make(self, planned)

    monkeypatch.setattr(FakeBatchEngine, "plans_ahead", True)
    monkeypatch.setattr(FakeBatchEngine, "batch_s", 1.0)
    monkeypatch.setattr(FakeBatchEngine, "fit", lambda self, request: Fit("fake", 1.0))
    monkeypatch.setattr(FakeBatchEngine, "plan_batch", plan_batch)
    monkeypatch.setattr(FakeBatchEngine, "make_batch", make_batch)
    load_engine.cache_clear()
    yield desk
    process._stop_byte[0] = 0
    load_engine.cache_clear()


def statuses():
    return list(Job.objects.order_by("id").values_list("status", flat=True))


def test_the_next_song_is_planned_while_one_is_made(make_job, desk):
    for seed in (1, 2, 3):
        make_job(seed=seed)
    desk.hooks = {1: lambda: desk.wait_for_plan(2), 2: lambda: desk.wait_for_plan(3)}
    assert run_pending_jobs() == 3
    assert desk.events == ["plan 1", "make 1", "plan 2", "make 2", "plan 3", "make 3"]
    assert statuses() == ["COMPLETED"] * 3
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert list(Take.objects.order_by("job_id").values_list("seed", flat=True)) == [1, 2, 3]


def test_a_job_that_comes_meanwhile_is_taken_up(make_job, desk):
    make_job(seed=1)

    def come():
        elsewhere(lambda: make_job(seed=2))
        desk.wait_for_plan(2)

    desk.hooks = {1: come}
    assert run_pending_jobs() == 2
    assert statuses() == ["COMPLETED"] * 2


def test_the_next_batch_grows_until_its_turn(make_job, desk, monkeypatch):
    monkeypatch.setattr(FakeBatchEngine, "fit", lambda self, request: Fit(request.seeds[0] > 1, 1.0))
    monkeypatch.setattr(FakeBatchEngine, "batch_s", 3.0)
    make_job(seed=1), make_job(seed=2)

    def come():
        desk.wait_for_plan(2)
        elsewhere(lambda: make_job(seed=3))
        desk.wait_for_plan(3)

    desk.hooks = {1: come}
    assert run_pending_jobs() == 3
    assert desk.events == ["plan 1", "make 1", "plan 2", "plan 3", "make 2", "make 3"]


def test_an_engine_that_cannot_do_both_is_given_one_after_the_other(make_job, desk, monkeypatch):
    monkeypatch.setattr(FakeBatchEngine, "plans_ahead", False)
    make_job(seed=1), make_job(seed=2)
    desk.hooks = {1: lambda: threading.Event().wait(0.1)}
    assert run_pending_jobs() == 2
    assert desk.events == ["plan 1", "make 1", "plan 2", "make 2"]
    assert not any("waiting" in stages for stages in Job.objects.values_list("stage_s", flat=True))


@pytest.mark.parametrize("values", [{"attempts": 1}, {"engine": "studio"}, {"task": "retake"}])
def test_who_may_not_stand_beside_others_keeps_its_turn(make_job, other, desk, values):
    """It is claimed when the batch is made, and no other job takes its place."""
    make_job(seed=1)
    blocked, later = make_job(seed=2, user=other), make_job(seed=3)
    Job.objects.filter(id=blocked.id).update(**values)
    seen = []

    def look():
        threading.Event().wait(0.2)
        seen.extend(Job.objects.filter(id__in=(blocked.id, later.id)).values_list("status", flat=True))
        Job.objects.filter(id=blocked.id).update(status="CANCELLED")

    desk.hooks = {1: look}
    run_pending_jobs()
    assert seen == ["PENDING", "PENDING"]
    assert desk.events == ["plan 1", "make 1", "plan 3", "make 3"]


def test_nobody_is_planned_beside_a_song_that_was_started_before(make_job, desk):
    first = make_job(seed=1)
    make_job(seed=2)
    Job.objects.filter(id=first.id).update(attempts=1)
    desk.hooks = {1: lambda: threading.Event().wait(0.1)}
    assert run_pending_jobs() == 2
    assert desk.events == ["plan 1", "make 1", "plan 2", "make 2"]


def test_who_is_cancelled_while_it_waits_ends_at_once(make_job, desk):
    make_job(seed=1)
    waiting = make_job(seed=2)
    seen = []

    def cancel():
        desk.wait_for_plan(2)
        elsewhere(lambda: job_cancel(job=Job.objects.get(id=waiting.id)))
        for _ in range(500):
            if (status := Job.objects.get(id=waiting.id).status) == "CANCELLED":
                break
            threading.Event().wait(0.02)
        seen.append(status)

    desk.hooks = {1: cancel}
    run_pending_jobs()
    assert seen == ["CANCELLED"]
    assert statuses() == ["COMPLETED", "CANCELLED"] and "make 2" not in desk.events[:2]


def test_a_stopping_server_puts_back_what_waits(make_job, desk, monkeypatch):
    make_job(seed=1), make_job(seed=2), make_job(seed=3)

    def stop(self, planned):
        desk.wait_for_plan(2)
        process.request_stop()
        for each in planned:
            with pytest.raises(Cancelled):
                play_until_cancelled(each.order.is_cancelled)
            each.is_wanted()

    monkeypatch.setattr(FakeBatchEngine, "make_batch", stop)
    run_pending_jobs()
    assert statuses() == ["PENDING"] * 3
    assert set(Job.objects.values_list("attempts", "credits_refunded")) == {(0, 0)}
    assert "plan 3" not in desk.events


def test_the_time_that_a_song_waits_is_not_work(make_job, desk):
    """It does not count in the pace that is estimated for such songs."""
    make_job(seed=1)
    waiting = make_job(seed=2)

    def take_long():
        desk.wait_for_plan(2)
        threading.Event().wait(0.5)

    desk.hooks = {1: take_long}
    run_pending_jobs()
    waiting.refresh_from_db()
    assert waiting.stage_s["waiting"] >= 0.4
    took_s = (waiting.completed_at - waiting.started_at).total_seconds()
    made = measured_pace().made[0]
    assert made.work_s == pytest.approx(took_s - waiting.stage_s["waiting"] - made.loading_s, abs=0.01)


def test_a_song_that_waits_runs_out_of_no_time_and_may_be_silent(make_job, monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(lease.time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(lease.os, "_exit", lambda code: pytest.fail("the worker was ended"))
    make_job()
    job = job_claim(lease_token="a worker")
    keeper = lease.LeaseKeeper(job, ahead_s=lambda: 30.0)
    limit_s = lease.time_limit_s(job)
    now_s[0] += 10.0
    keeper.pause()
    now_s[0] += 5000.0
    keeper.pause()  # a second call changes nothing
    assert keeper.lateness_s == 10.0 - limit_s
    keeper._tick()
    keeper.resume()
    now_s[0] += 5.0
    assert keeper.lateness_s == 15.0 - limit_s


def test_what_goes_wrong_with_one_batch_is_not_the_other_s(make_job, desk):
    make_job(seed=1), make_job(seed=2), make_job(seed=3)

    def crash():
        desk.wait_for_plan(2)
        raise RuntimeError("the first batch breaks")

    desk.hooks = {1: crash}
    assert run_pending_jobs() == 3
    assert statuses() == ["FAILED", "COMPLETED", "COMPLETED"]


def test_what_goes_wrong_in_planning_is_not_heard_by_the_song_in_the_making(make_job, desk, monkeypatch):
    make_job(seed=1), make_job(seed=2), make_job(seed=3)
    plan = FakeBatchEngine.plan_batch

    def plan_or_break(self, orders):
        planned = plan(self, orders)
        if orders[0].request.seeds[0] == 2:
            raise RuntimeError("no plan")
        return planned

    monkeypatch.setattr(FakeBatchEngine, "plan_batch", plan_or_break)
    desk.hooks = {1: lambda: desk.wait_for_plan(2)}
    assert run_pending_jobs() == 3
    assert statuses() == ["COMPLETED", "FAILED", "COMPLETED"]


def test_a_database_that_is_away_keeps_no_song_from_being_made(make_job, desk, monkeypatch, caplog):
    make_job(seed=1), make_job(seed=2)
    asked = threading.Event()

    def claim(**rest):
        asked.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(pipeline, "job_claim_following", claim)
    desk.hooks = {1: lambda: asked.wait(WAIT_S)}
    assert run_pending_jobs() == 2
    assert statuses() == ["COMPLETED"] * 2
    assert "could not be claimed or planned" in caplog.text
