"""The cluster with real child processes: it stops in time, and is stopped when it does not work."""

import multiprocessing
import signal
import time
from contextlib import suppress

import psutil
import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs.heartbeat import beat_name
from jobs.models import WorkerHeartbeat
from jobs.worker import cluster, process
from jobs.worker.cluster import GentleCluster

CONTEXT = multiprocessing.get_context("fork")


def sleep_on():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)


def have_children(count, may_end):
    """Run a sentinel that ignores SIGTERM, with `count` child processes that ignore it too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    children = [CONTEXT.Process(target=sleep_on) for _ in range(count)]
    for child in children:
        child.start()
    if may_end.wait(60):
        for child in children:
            child.kill()


@pytest.fixture
def make_cluster(monkeypatch, settings):
    """make_cluster(below): a cluster whose sentinel has this many child processes."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, "workers": 2}
    monkeypatch.setattr(cluster, "STOP_S", 1.0)
    monkeypatch.setattr(cluster, "BROKEN_STOP_S", 0.5)
    monkeypatch.setattr(cluster, "SENTINEL_DIES_S", 0.05)
    monkeypatch.setattr(cluster, "WATCH_S", 0.05)
    made, below_all = [], []

    def make(below, *, hears=False):
        one = GentleCluster()
        one.stop_event = CONTEXT.Event()
        may_end = one.stop_event if hears else CONTEXT.Event()
        one.sentinel = CONTEXT.Process(target=have_children, args=(below, may_end))
        one.sentinel.start()
        made.append(one)
        deadline = time.monotonic() + 20
        while len(one._below()) < below and time.monotonic() < deadline:
            time.sleep(0.02)
        below_all.extend(one._below())
        return one

    yield make
    for one in made:
        if one.sentinel.is_alive():
            one._kill_all()
    for orphan in below_all:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    for number, handler in before:
        signal.signal(number, handler)
    process._stop_byte[0] = 0


def living(processes):
    return [process for process in processes if cluster._is_alive(process)]


def test_a_cluster_that_hears_the_stop_is_waited_for(make_cluster):
    one = make_cluster(2, hears=True)
    assert one.stop()
    assert one.sentinel.exitcode == 0


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_cluster_that_does_not_stop_is_killed_with_all_below_it(
    make_cluster, monkeypatch, caplog, is_frozen
):
    """It once waited forever: a worker that hears no message is not told to exit either."""
    monkeypatch.setattr(cluster, "STOP_S", 0.1)
    one = make_cluster(4)
    below = one._below()
    if is_frozen:
        for process in below:
            process.suspend()
    one.stop()
    psutil.wait_procs(below, 10)
    assert living(below) == []
    assert one.sentinel.exitcode == -signal.SIGKILL
    assert "did not stop in time" in caplog.text


def test_a_second_request_to_stop_waits_no_second_time(make_cluster):
    one = make_cluster(0)
    one.is_stopping_gently = True
    assert one.stop() is False
    assert one.sentinel.is_alive()


def test_a_cluster_whose_dead_are_not_replaced_is_stopped(make_cluster, monkeypatch, caplog):
    """Its guard may wait for a lock that a killed worker held, and then no process is replaced."""
    monkeypatch.setattr(cluster, "any_beat_since", lambda **asked: True)
    one = make_cluster(4)
    one._below()[0].kill()
    one.watch()
    assert "Of 4 processes 1 died and were not replaced." in caplog.text
    assert one.has_been_hurt
    assert not one.sentinel.is_alive()


def test_a_cluster_whose_workers_all_fell_silent_is_stopped(make_cluster, monkeypatch, caplog):
    monkeypatch.setattr(cluster, "any_beat_since", lambda **asked: False)
    one = make_cluster(4)
    one.watch()
    assert "No worker has given a sign of life" in caplog.text
    assert not one.sentinel.is_alive()


def test_one_bad_look_is_no_reason(make_cluster, monkeypatch):
    one = make_cluster(4)
    looks = iter([False] * (cluster.HURT_LOOKS - 1) + [True] + [False] * (cluster.HURT_LOOKS - 1))

    def look(**asked):
        if (has_beat := next(looks, None)) is None:
            one.sentinel.kill()
        return has_beat is not False

    monkeypatch.setattr(cluster, "any_beat_since", look)
    one.watch()
    assert not one.has_been_hurt


def test_a_database_that_is_away_is_no_reason(make_cluster, monkeypatch):
    def fail(**asked):
        raise OperationalError("no database")

    monkeypatch.setattr(cluster, "any_beat_since", fail)
    monkeypatch.setattr(cluster.connection, "close", lambda: None)
    assert make_cluster(4)._problem() == ""


@pytest.mark.django_db
def test_the_signs_of_life_are_those_of_its_own_processes(make_cluster):
    one = make_cluster(4)
    assert "No worker" in one._problem()
    WorkerHeartbeat.objects.create(name=beat_name(1), beat_at=timezone.now())
    assert "No worker" in one._problem()
    WorkerHeartbeat.objects.create(name=beat_name(one._below()[1].pid), beat_at=timezone.now())
    assert one._problem() == ""


def test_a_worker_that_finds_the_cluster_broken_says_so_to_all(monkeypatch):
    monkeypatch.setattr(process.os, "kill", lambda pid, number: None)
    process._restart_cluster()
    process.request_stop()  # as the cluster does next
    assert process.is_broken()
    process._stop_byte[0] = 0
    process.request_stop()
    assert not process.is_broken()
    process._stop_byte[0] = 0
