"""The supervisor with real child processes."""

import sys
import threading
import time

import psutil

from audiomusic.server.supervisor import Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)",
]


def test_stop_ends_every_child():
    supervisor = Supervisor([Child("one", SLEEP), Child("two", SLEEP)])
    for child in supervisor.children:
        child.start()
    supervisor.stop()
    assert not any(child.is_running for child in supervisor.children)


def test_a_child_that_will_not_stop_is_killed(monkeypatch):
    monkeypatch.setattr("audiomusic.server.supervisor.STOP_TIMEOUT_S", 0.5)
    child = Child("stubborn", STUBBORN)
    child.start()
    time.sleep(0.5)
    Supervisor([child]).stop()
    child.process.wait(5)
    assert not psutil.pid_exists(child.process.pid)


def test_a_dead_child_waits_its_delay_and_starts_again(monkeypatch):
    monkeypatch.setattr("audiomusic.server.supervisor.RESTART_DELAYS_S", (0, 0))
    child = Child("short", [sys.executable, "-c", ""])
    child.start()
    first = child.process.pid
    child.process.wait()
    child.watch()  # notices the exit
    child.watch()  # starts it again
    assert child.process.pid != first
    assert child.failures == 1
    child.process.wait()


def test_delays_grow_while_a_child_keeps_dying():
    child = Child("broken", [sys.executable, "-c", "raise SystemExit(3)"], failures=2)
    child.start()
    child.process.wait()
    before = time.monotonic()
    child.watch()
    assert child.process is None
    assert child.restart_at - before >= 3.9
    child.watch()
    assert child.process is None  # not yet


def test_run_starts_them_tells_when_and_stops_on_request(monkeypatch):
    monkeypatch.setattr("signal.signal", lambda number, handler: None)  # main thread only
    supervisor = Supervisor([Child("one", SLEEP)])
    ready = threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(ready.set,))
    thread.start()
    assert ready.wait(5)
    assert supervisor.children[0].is_running
    supervisor.is_stopping = True
    thread.join(15)
    assert not supervisor.children[0].is_running
