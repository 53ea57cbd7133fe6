"""A server that was first started in an empty folder, under a permissive umask. When it is stopped in the
middle of a real song, the song returns to the queue unchanged, and the next start makes it once. Other users
can open none of the server's files."""

import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time

import psutil
import pytest

from audiomusic.devtools.scratch_server import ONE_HIT, ROOT
from audiomusic.server.supervisor import die_with_parent
from tests.support.prepared import PreparedServer, generous_umask

pytestmark = pytest.mark.e2e

CREDITS, COST = 100_000, 825
SONG = {"prompt": "slow piano", "duration": 50, "seed": 5, "format": "flac"}
STOP_TIMEOUT_S = 60  # for a busy machine
MAKING = ("composing", "rendering", "mastering", "encoding")


@pytest.fixture(scope="module")
def server(prepared_folder):
    """Started again on what the first start left: its data and its log."""
    with generous_umask():
        server = PreparedServer(prepared_folder, AUDIOMUSIC_CREDITS=str(CREDITS))
        shutil.copy(prepared_folder / "log.txt", server.log_path)
        with server:
            server.key = server.manage("createkey", "penny").strip()
            yield server


class Worker:
    """`manage.py work` on its own, beside a server without a worker."""

    def __init__(self, server):
        self.log = server.log_path.open("ab")
        self.process = subprocess.Popen(  # noqa: PLW1509 (prctl needs the child's own side)
            [sys.executable, "manage.py", "work"], cwd=ROOT, env=server.environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=die_with_parent,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.process.terminate()
        self.process.wait(STOP_TIMEOUT_S)
        self.log.close()


def rows(server, query):
    connection = sqlite3.connect(
        f"file:{server.data_dir / 'audiomusic.sqlite3'}?mode=ro", uri=True, timeout=30
    )
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def files(server):
    folder = server.data_dir / "audio"
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def wait_until_in_the_making(server):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        [(status, stage)] = rows(server, "SELECT status, stage FROM jobs_job")
        assert status in ("PENDING", "PROCESSING")
        if stage in MAKING:
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody makes the song; it is {status} {stage}")


def check_untouched(server):
    """Check that the only job waits as if no worker had ever started it."""
    columns = "status, attempts, lease_owner, credits_reserved, credits_charged, credits_refunded"
    assert rows(server, f"SELECT {columns} FROM jobs_job") == [("PENDING", 0, "", COST, 0, 0)]
    assert rows(server, "SELECT count(*) FROM jobs_take") == [(0,)]
    assert files(server) == []


def test_it_shows_password_and_key_once(server):
    log = server.log_path.read_text()
    assert log.count("API key") == 1
    assert "admin password" in log


def test_the_song_goes_back_and_is_made_once(server):
    _, answer = server.call("POST", "/api/v1/music/prompt2instrumental", SONG)
    job_id = answer["job"]["id"]
    wait_until_in_the_making(server)
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert len(children) >= 4
    assert server.stop(signal.SIGTERM) == 0
    assert not [child for child in children if child.is_running()]
    check_untouched(server)

    with Worker(server) as worker:
        wait_until_in_the_making(server)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(STOP_TIMEOUT_S) == 0
    check_untouched(server)

    server.start()
    job = server.wait_for(job_id, "COMPLETED", "FAILED")  # the key created before still works
    assert job["status"] == "COMPLETED", job
    assert job["credits"] == {"reserved": COST, "charged": COST, "refunded": 0}
    assert server.call("GET", "/api/v1/credits")[1]["balance"] == CREDITS - COST
    assert rows(server, "SELECT attempts FROM jobs_job") == [(1,)]
    assert rows(server, "SELECT count(*) FROM jobs_take") == [(1,)]
    kept = rows(
        server, "SELECT storage_name FROM jobs_audiofile UNION ALL SELECT storage_name FROM jobs_scorefile"
    )
    assert sorted(files(server)) == sorted(name for [name] in kept)
    assert server.log_path.read_text().count("API key") == 1


def open_to_others(folder):
    """Return path -> mode for each path that is not 0700 (folders) or 0600 (files)."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            found[str(path.relative_to(folder))] = oct(mode)
    return found


def make_song(server):
    status, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    assert status == 200, answer
    assert server.wait_for(answer["job"]["id"], "COMPLETED", "FAILED")["status"] == "COMPLETED"


def test_what_the_first_start_makes_is_its_owners_alone(prepared_folder):
    """As it made it: the next start would mend it first."""
    data = prepared_folder / "data"
    assert {"audiomusic.sqlite3", "secret_key", "static"} <= {path.name for path in data.iterdir()}
    assert open_to_others(data) == {}


def test_every_file_and_folder_is_its_owners_alone(server):
    make_song(server)
    kept = {path.name for path in server.data_dir.rglob("*")}
    assert {"secret_key", "cache.sqlite3", "static", "audio", "take-1.flac"} <= kept
    assert open_to_others(server.data_dir) == {}


def test_a_folder_of_an_earlier_version_is_mended_at_the_start(server):
    server.stop()
    for path in [server.data_dir, *server.data_dir.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    server.start()
    make_song(server)
    assert open_to_others(server.data_dir) == {}
