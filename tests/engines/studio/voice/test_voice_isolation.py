"""The process that speaks untrusted text has no data to find and cannot gain privileges."""

import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from audiomusic.engines.studio.voice.speech import _Server

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
LONG = {"text": "a river runs beneath the bridge " * 200, "language": "en", "variant": "", "rate_wpm": 90}


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("AUDIOMUSIC_SECRET_KEY", "nobody may read this")
    server = _Server()
    server.ask({"list": True})
    yield server
    server.stop()


def child_of(pid):
    """Return the process that speaks now, stopped while it speaks."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            os.kill(int(children[0]), signal.SIGSTOP)
            while not re.search(r"^State:\s+T", Path(f"/proc/{children[0]}/status").read_text(), re.M):
                time.sleep(0.001)
            return int(children[0])
    raise AssertionError("no child spoke")


@pytest.fixture
def speaking(server):
    """Yield the server's process and the child that it forks for a line."""
    thread = threading.Thread(target=server.ask, args=(LONG,))
    thread.start()
    child = child_of(server.process.pid)
    yield {"server": server.process.pid, "child": child}
    os.kill(child, signal.SIGCONT)
    thread.join()


@pytest.mark.parametrize("process", ["server", "child"])
def test_it_has_no_environment(speaking, process):
    assert Path(f"/proc/{speaking[process]}/environ").read_bytes() == b""


@pytest.mark.parametrize("process", ["server", "child"])
def test_it_can_win_no_rights(speaking, process):
    status = Path(f"/proc/{speaking[process]}/status").read_text()
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)


@pytest.fixture
def secret(tmp_path):
    """Open a file in the worker that child processes would inherit."""
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        yield file.name


def test_it_has_no_file_of_the_worker_open(secret, speaking):
    """Of the worker's files, only pipes and its log are open; espeak's own data may be open."""
    open_files = [
        fd.readlink() for fd in Path(f"/proc/{speaking['child']}/fd").iterdir() if fd.name not in "12"
    ]
    others = {str(file) for file in open_files if not str(file).startswith("pipe:")}
    assert secret not in others
    assert all("/espeak" in name for name in others), others
