"""A scaled-out server: PostgreSQL, an S3 bucket, Redis, and two hosts, each with a web server and a
worker."""

import os
import pickle
import shutil
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis as redis_client

from audiomusic.devtools.postgres import find_programs, private_server
from audiomusic.devtools.scratch_server import ONE_HIT, ROOT, ScratchServer
from tests.e2e.redis_server import PROGRAM, RedisServer
from tests.support.gate import Gate
from tests.support.object_store import ObjectStore

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(PROGRAM is None, reason="redis-server is not on this machine"),
    pytest.mark.skipif(find_programs() is None, reason="PostgreSQL's programs are not on this machine"),
]
SECRET = "the same for all hosts, and long enough to be taken for one"
LIMIT = 8
#: The queue's format in earlier versions: a pickle signed with the server's own secret.
SIGN = """
import django
django.setup()
import os, sys
from django_q.signing import SignedPackage
class Planted:
    def __reduce__(self):
        return os.system, (f"touch {sys.argv[1]}",)
print(SignedPackage.dumps(Planted()))
print(SignedPackage.dumps({"id": "1", "name": "x", "func": "os.system", "args": (f"touch {sys.argv[1]}",),
                           "kwargs": {}, "started": None}))
"""


class Grown:
    """Two hosts with separate folders on shared services."""

    def __init__(self, redis, store, database_url, static):
        self.redis, self.store, self.gate = redis, store, Gate(store.port)
        shared = store.environment | {
            "AUDIOMUSIC_S3_ENDPOINT": f"http://127.0.0.1:{self.gate.port}",
            "AUDIOMUSIC_S3_TIMEOUT_S": "3",  # even a loaded machine answers within this
            "AUDIOMUSIC_BROKER": redis.url,
            "AUDIOMUSIC_SECRET_KEY": SECRET,
            "AUDIOMUSIC_LEASE_S": "5",
            "AUDIOMUSIC_RATE_REWORK": f"{LIMIT}/h",
            "AUDIOMUSIC_RATE_READ": "100000/h",  # a counter that stays; the tests never reach the limit
        }
        self.hosts = [ScratchServer(database_url=database_url, **shared) for _ in range(2)]
        for host in self.hosts:  # otherwise each would compress its own
            shutil.copytree(static, host.data_dir / "static")

    def __enter__(self):
        first, second = self.hosts
        first.__enter__()
        second.start()
        second.key = first.key
        wait_until(lambda: first.call("GET", "/api/v1/music/model/status")[1]["live_workers"] == 2)
        return self

    def __exit__(self, *details):
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda host: host.__exit__(*details), self.hosts))
        self.gate.close()

    def ask(self, place, **wishes):
        """Order a song from the host with this index and return its id."""
        status, answer = self.hosts[place].call("POST", "/api/v1/music/text2samples", ONE_HIT | wishes)
        assert status == 200, answer
        return answer["job"]["id"]


def wait_until(is_so, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def run_doctor(server):
    """Return (exit code, output)."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def grown(prepared_folder):
    store, static = ObjectStore(), prepared_folder / "data" / "static"
    with (
        RedisServer() as redis,
        private_server(find_programs()) as url,
        Grown(redis, store, url, static) as servers,
    ):
        yield servers
    store.close()


def test_songs_asked_of_either_host_are_made_and_lie_in_the_bucket(grown):
    ids = [grown.ask(place % 2, seed=place) for place in range(8)]
    for job_id in ids:
        job = grown.hosts[0].wait_for(job_id, "COMPLETED", "FAILED")
        assert job["status"] == "COMPLETED", job
    with urllib.request.urlopen(job["output_url"]) as answer:  # redirected to the bucket
        assert answer.url.startswith(f"http://127.0.0.1:{grown.gate.port}/")
        assert answer.read(4) == b"RIFF"
    assert len(grown.store.names()) >= 2 * len(ids)
    assert grown.hosts[1].call("DELETE", f"/api/v1/music/jobs/{ids[0]}")[0] == 200
    assert not [name for name in grown.store.names() if f"/{ids[0]}/" in name]


def test_a_limit_is_one_for_both_hosts(grown):
    path = "/api/v1/music/jobs/999999/retry"
    statuses = [grown.hosts[place % 2].call("POST", path)[0] for place in range(LIMIT + 2)]
    assert statuses == [404] * LIMIT + [429] * 2


def test_without_redis_the_web_stays_up_and_no_song_is_lost(grown):
    grown.redis.go_away()
    job_id = grown.ask(0, seed=77)
    assert grown.hosts[1].call("GET", f"/api/v1/music/jobs/{job_id}/status")[0] == 200
    grown.redis.come_back()
    assert grown.hosts[0].wait_for(job_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"


def test_a_bucket_that_is_away_fails_songs_which_are_retried(grown):
    with grown.store.away():
        job_id = grown.ask(0, seed=78)
        job = grown.hosts[0].wait_for(job_id, "COMPLETED", "FAILED")
        assert (job["status"], job["error_code"]) == ("FAILED", "storage_failed")
        code, said = run_doctor(grown.hosts[0])
        assert code == 1 and "Storage: 1 wrong." in said and "Files: not checked (Storage)." in said
    assert "1 failed jobs went back" in grown.hosts[0].manage("retryfailed")
    assert grown.hosts[0].wait_for(job_id, "COMPLETED")["status"] == "COMPLETED"
    code, said = run_doctor(grown.hosts[0])
    assert code == 0, said


def test_a_bucket_that_takes_calls_and_says_nothing_fails_songs_which_are_retried(grown):
    with grown.gate.silent():
        job_id = grown.ask(0, seed=79)
        job = grown.hosts[0].wait_for(job_id, "COMPLETED", "FAILED")
        assert (job["status"], job["error_code"]) == ("FAILED", "storage_failed")
        assert grown.hosts[1].call("GET", "/api/v1/music/jobs")[0] == 200
    assert "1 failed jobs went back" in grown.hosts[0].manage("retryfailed")
    assert grown.hosts[0].wait_for(job_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"


class Planted:
    """A pickle that runs a command when it is loaded."""

    def __init__(self, path):
        self.command = f"touch {path}"

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_pickle_in_redis_runs_nothing(grown, tmp_path):
    """Write access to Redis does not let an attacker run code on the server."""
    mark, server = tmp_path / "it-ran", grown.hosts[0]
    server.wait_for(grown.ask(0, seed=80), "COMPLETED")
    store = redis_client.from_url(grown.redis.url)
    counters = [key for key in store.keys("*") if b"calls-" in key]
    assert counters, "the test plants where nothing is read"
    for key in [*counters, b":1:doctor"]:
        store.set(key, pickle.dumps(Planted(mark)))
    planted = server.python("-c", SIGN, str(mark)).split()
    assert len(planted) == 2
    queue = "django_q:audiomusic:q"
    store.rpush(queue, pickle.dumps(Planted(mark)), "nonsense", *planted)
    # A counter under a planted key cannot be read, so the request passes: no error, and nothing runs.
    assert server.call("GET", "/api/v1/auth/me")[0] == 200
    server.wait_for(grown.ask(0, seed=81), "COMPLETED")
    server.manage("shell", "-c", "from django.core.cache import cache; print(cache.get('doctor'))")
    assert store.llen(queue) == 0  # all entries were consumed
    assert not mark.exists()
