"""`manage.py serve`: starts from nothing, or says why it cannot. How it stops: test_stopping.py."""

import socket
import subprocess
import sys
from urllib.request import urlopen

import psutil
import pytest
from django.core.management.base import CommandError

from audiomusic.devtools.scratch_server import ROOT, ScratchServer
from audiomusic.management.commands.serve import bind
from tests.support.prepared import PreparedServer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server(prepared_folder):
    """Start a server. Each test must leave it running."""
    with PreparedServer(prepared_folder, "web") as running:
        yield running


def serve(**environment):
    """Run a `serve` that is expected to fail. Return (exit code, output)."""
    scratch = ScratchServer(**environment)
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT, env=scratch.environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    scratch.temporary.cleanup()
    return done.returncode, done.stdout + done.stderr


def test_a_child_that_dies_is_started_again(server):
    child = psutil.Process(server.process.pid).children()[0]
    child.kill()
    child.wait()
    for _ in range(100):
        if psutil.Process(server.process.pid).children() and server._answers():
            break
        psutil.time.sleep(0.2)
    assert server.call("GET", "/api/v1/auth/me")[0] == 200
    calls = 12
    for _ in range(calls):  # both processes answer some of them, and either reports the total
        assert server.call("GET", "/healthz") == (200, {"status": "live"})
    counted = 'audiomusic_http_requests_total{method="GET",status="200",view="healthz"}'
    with urlopen(f"{server.base_url}/metrics", timeout=30) as answer:
        figures = answer.read().decode()
    [line] = [line for line in figures.splitlines() if line.startswith(counted)]
    assert float(line.split()[-1]) >= calls


def test_one_warning_says_that_strangers_may_make_music_without_limit(server, prepared_folder):
    with PreparedServer(prepared_folder, HOST="0.0.0.0") as reached_by_all:
        said = reached_by_all.log_path.read_text()
    assert said.count("sign-up is open and credits are unlimited") == 1
    assert "AUDIOMUSIC_SIGN_UP=closed" in said
    assert "sign-up is open" not in server.log_path.read_text()


def test_a_taken_port_gets_one_clear_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = serve(PORT=str(port))
    assert code != 0
    assert f"Port {port} on 127.0.0.1 is taken by another program" in said
    assert "Traceback" not in said


def test_a_second_start_on_the_same_folder_gets_one_clear_sentence(server):
    code, said = serve(AUDIOMUSIC_DATA_DIR=str(server.data_dir))
    assert server.call("GET", "/healthz")[0] == 200
    assert code != 0
    assert f"Another AudioMusic (process {server.process.pid}) already uses {server.data_dir}" in said
    assert "Traceback" not in said
    server.process.kill()  # what it leaves behind must not prevent a start
    server.process.wait()
    server.start()


def test_an_unwritable_folder_gets_one_clear_sentence():
    code, said = serve(AUDIOMUSIC_DATA_DIR="/proc/audiomusic")
    assert code != 0
    assert "AUDIOMUSIC_DATA_DIR: expected a folder that AudioMusic can write to" in said
    assert "Traceback" not in said


def test_every_wrong_setting_stops_the_start_and_says_what_was_expected():
    """One start reports all of them at once."""
    hints = {
        "AUDIOMUSIC_ENGINE": ("banjo", "Set it to one of: auto, studio, acestep."),
        "AUDIOMUSIC_CREDITS": ("-5", "or to unlimited"),
        "AUDIOMUSIC_WORKERS": ("many", "whole number from 1"),
        "AUDIOMUSIC_BROKER": ("carrier pigeon", "redis://"),
    }
    code, said = serve(**{name: value for name, (value, _) in hints.items()})
    assert code != 0
    assert [hint for _, hint in hints.values() if hint not in said] == []
    assert "Traceback" not in said


@pytest.mark.parametrize("port", ["99999", "0", "http"])
def test_a_port_that_is_none_is_refused_like_one_that_is_taken(port):
    with pytest.raises(CommandError, match=f"PORT: expected a number from 1 to 65535, got '{port}'"):
        bind("127.0.0.1", port)
