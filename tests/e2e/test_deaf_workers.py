"""A worker is killed while it waits for a message, and keeps holding the lock that all workers need to
receive one."""

import time
from pathlib import Path

import psutil
import pytest

from audiomusic.devtools.scratch_server import ONE_HIT
from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e

READ = "0"  # the number of this system call, on Linux on the machines we know
TIMEOUT_S = 240  # for a busy machine


@pytest.fixture(scope="module")
def server(prepared_folder):
    quick = {"DJANGO_SETTINGS_MODULE": "tests.e2e.quick_sweeps"}
    with PreparedServer(prepared_folder, AUDIOMUSIC_WORKERS="2", **quick) as running:
        yield running


def workers_of(server):
    """Return the cluster's process and the processes below its sentinel."""
    for process in psutil.Process(server.process.pid).children(recursive=True):
        if "manage.py work" in " ".join(process.cmdline()):
            return process, [each for child in process.children() for each in child.children()]
    return None, []


def holder(server):
    """Return the one of the first two workers that reads the message pipe; the other waits for its lock."""
    for process in workers_of(server)[1][:2]:
        if Path(f"/proc/{process.pid}/task/{process.pid}/syscall").read_text().split()[0] == READ:
            return process
    return None


def test_the_others_hear_nothing_and_yet_the_song_is_made(server):
    deadline = time.monotonic() + 60
    while (killed := holder(server)) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    if killed is None:
        pytest.skip("what a process waits for cannot be seen here")
    cluster = workers_of(server)[0]
    killed.kill()
    killed.wait(30)
    status, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    assert status == 200
    job = server.wait_for(answer["job"]["id"], "COMPLETED", "FAILED", timeout_s=TIMEOUT_S)
    assert job["status"] == "COMPLETED", job
    assert not cluster.is_running()  # it was restarted, once
    assert server.log_path.read_text().count("no message comes through") == 1
