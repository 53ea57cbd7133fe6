"""A worker process: how it is told to stop, and the sweep beside its work."""

import signal
from types import SimpleNamespace

import pytest

from jobs import worker


@pytest.fixture(autouse=True)
def fresh():
    yield
    worker._stop_byte[0] = 0
    worker._is_leaving.clear()


@pytest.fixture
def sweeps(monkeypatch):
    """The sweeps made, of a worker that is told to stop after the third; waiting takes no time."""
    made = []

    def sweep():
        made.append(1)
        if len(made) == 3:
            worker.request_stop()

    monkeypatch.setattr(worker, "_sweep", sweep)
    monkeypatch.setattr(worker, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(worker, "connections", SimpleNamespace(close_all=lambda: None))
    return made


def test_a_stop_reaches_every_worker_of_the_cluster():
    assert not worker.is_stopping()
    worker.request_stop()
    assert worker.is_stopping()


def test_an_idle_worker_ends_at_once():
    with pytest.raises(SystemExit):
        worker._leave(signal.SIGTERM, None)


def test_a_busy_worker_gives_its_song_back_first():
    with pytest.raises(SystemExit), worker.on_duty():
        worker._leave(signal.SIGTERM, None)
        assert worker.is_stopping()


def test_after_a_song_the_worker_stays():
    with worker.on_duty():
        pass
    assert not worker._is_on_duty.is_set()


def test_it_sweeps_until_it_is_stopped(sweeps):
    worker._sweep_forever(parent_pid=worker.os.getppid())
    assert len(sweeps) == 3


def test_a_worker_whose_cluster_died_ends_itself(sweeps, monkeypatch):
    sent = []
    monkeypatch.setattr(worker.os, "kill", lambda pid, number: sent.append((pid, number)))
    worker._sweep_forever(parent_pid=-1)
    assert sent == [(worker.os.getpid(), signal.SIGTERM)]
    assert len(sweeps) == 1


def test_a_worker_whose_cluster_died_before_it_began_knows_it_too(monkeypatch):
    """It is init's child then, and init never dies."""
    begun = {}

    def thread(*, target, name, daemon, args=()):
        begun[name] = args
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(worker, "parent_process", lambda: SimpleNamespace(pid=4_000_000))
    monkeypatch.setattr(worker, "threading", SimpleNamespace(Thread=thread))
    monkeypatch.setattr(worker, "signal", SimpleNamespace(signal=lambda *how: None, SIGTERM=15))
    worker.prepare_worker()
    assert begun == {"sweep": (4_000_000,), "webhooks": (), "leave": ()}


@pytest.mark.django_db
def test_a_sweep_that_fails_is_logged_and_tried_again(monkeypatch, caplog):
    def fail():
        raise RuntimeError("no database")

    monkeypatch.setattr(worker, "close_old_connections", fail)
    worker._sweep()
    assert "tried again" in caplog.text


@pytest.fixture
def deaf(monkeypatch):
    """What was signalled by a worker of a cluster, whose sweeps find waiting songs; 20 sweeps long."""
    sweeps, sent = [], []

    def sweep():
        sweeps.append(1)
        if len(sweeps) == 20:
            worker.request_stop()
        return True

    monkeypatch.setattr(worker, "_sweep", sweep)
    monkeypatch.setattr(worker, "_cluster_pid", 4_000_000)
    monkeypatch.setattr(worker, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(worker, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(worker.os, "kill", lambda pid, number: sent.append((pid, number, len(sweeps))))
    return sent


def test_a_worker_that_hears_no_bell_has_the_cluster_started_anew(deaf):
    worker._sweep_forever(parent_pid=worker.os.getppid())
    assert deaf == [(4_000_000, signal.SIGTERM, worker.DEAF_SWEEPS)]


def test_a_worker_that_makes_a_song_is_not_deaf(deaf):
    with worker.on_duty():
        worker._sweep_forever(parent_pid=worker.os.getppid())
    assert deaf == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answers", [True, False])
def test_a_queue_that_is_away_makes_nobody_deaf(make_job, monkeypatch, answers):
    """The cluster is not started anew for it: it would only lose the songs in its hands."""

    def queue_size(broker):
        if not answers:
            raise ConnectionError("no Redis")
        return 1

    make_job()
    monkeypatch.setattr("django_q.brokers.orm.ORM.queue_size", queue_size)
    assert worker._sweep() is answers
