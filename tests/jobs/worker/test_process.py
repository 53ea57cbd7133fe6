"""A worker process: how it is told to stop, and the sweep beside its work."""

import signal
from types import SimpleNamespace

import pytest

from jobs.worker import process


@pytest.fixture(autouse=True)
def fresh():
    yield
    process._stop_byte[0] = 0
    process._is_leaving.clear()


@pytest.fixture
def sweeps(monkeypatch):
    """The sweeps of a worker that is told to stop after the third; sleeping takes no time."""
    made = []

    def sweep():
        made.append(1)
        if len(made) == 3:
            process.request_stop()

    monkeypatch.setattr(process, "_sweep", sweep)
    monkeypatch.setattr(process, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(process, "connections", SimpleNamespace(close_all=lambda: None))
    return made


def test_a_stop_reaches_every_worker_of_the_cluster():
    assert not process.is_stopping()
    process.request_stop()
    assert process.is_stopping()


def test_an_idle_worker_ends_at_once():
    with pytest.raises(SystemExit):
        process._leave(signal.SIGTERM, None)


def test_a_busy_worker_gives_its_song_back_first():
    with pytest.raises(SystemExit), process.busy():
        process._leave(signal.SIGTERM, None)
        assert process.is_stopping()


def test_after_a_song_the_worker_stays():
    with process.busy():
        pass
    assert not process._is_busy.is_set()


def test_it_sweeps_until_it_is_stopped(sweeps):
    process._sweep_forever(parent_pid=process.os.getppid())
    assert len(sweeps) == 3


def test_a_worker_whose_cluster_died_ends_itself(sweeps, monkeypatch):
    sent = []
    monkeypatch.setattr(process.os, "kill", lambda pid, number: sent.append((pid, number)))
    process._sweep_forever(parent_pid=-1)
    assert sent == [(process.os.getpid(), signal.SIGTERM)]
    assert len(sweeps) == 1


def test_a_worker_whose_cluster_died_before_it_began_knows_it_too(monkeypatch):
    """It is then a child of init, which never dies."""
    begun = {}

    def thread(*, target, name, daemon, args=()):
        begun[name] = args
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(process, "parent_process", lambda: SimpleNamespace(pid=4_000_000))
    monkeypatch.setattr(process, "threading", SimpleNamespace(Thread=thread))
    monkeypatch.setattr(process, "signal", SimpleNamespace(signal=lambda *how: None, SIGTERM=15))
    process.prepare_worker()
    assert begun == {
        "sweep": (4_000_000,),
        "webhooks": (),
        "drafts": (),
        "analysis": (),
        "streams": (),
        "leave": (),
    }


@pytest.mark.django_db
def test_a_sweep_that_fails_is_logged_and_tried_again(monkeypatch, caplog):
    def fail():
        raise RuntimeError("no database")

    monkeypatch.setattr(process, "close_old_connections", fail)
    process._sweep()
    assert "tried again" in caplog.text


@pytest.fixture
def deaf(monkeypatch):
    """The signals that a worker sends to its cluster while 20 sweeps find waiting songs."""
    sweeps, sent = [], []

    def sweep():
        sweeps.append(1)
        if len(sweeps) == 20:
            process.request_stop()
        return True

    monkeypatch.setattr(process, "_sweep", sweep)
    monkeypatch.setattr(process, "_cluster_pid", 4_000_000)
    monkeypatch.setattr(process, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(process, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(process.os, "kill", lambda pid, number: sent.append((pid, number, len(sweeps))))
    return sent


def test_a_worker_that_hears_no_bell_has_the_cluster_started_anew(deaf):
    process._sweep_forever(parent_pid=process.os.getppid())
    assert deaf == [(4_000_000, signal.SIGTERM, process.STUCK_QUEUE_SWEEPS)]


def test_a_worker_that_makes_a_song_is_not_deaf(deaf):
    with process.busy():
        process._sweep_forever(parent_pid=process.os.getppid())
    assert deaf == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answers", [True, False])
def test_a_queue_that_is_away_makes_nobody_deaf(make_job, monkeypatch, answers):
    """The cluster is not restarted in that case, because it would only lose its running songs."""

    def queue_size(broker):
        if not answers:
            raise ConnectionError("no Redis")
        return 1

    make_job()
    monkeypatch.setattr("django_q.brokers.orm.ORM.queue_size", queue_size)
    assert process._sweep() is answers
