"""Writing into Redis runs nothing here: pickles that would leave a file, where the server reads."""

import os
import pickle

import pytest
import redis as redis_client

from audiomusic.devtools.scratch_server import ONE_HIT
from tests.e2e.redis_server import PROGRAM, RedisServer
from tests.support.prepared import PreparedServer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(PROGRAM is None, reason="redis-server is not on this machine"),
]
#: As earlier versions read the queue: a pickle signed with the server's own secret.
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


class Planted:
    def __init__(self, path):
        self.command = f"touch {path}"

    def __reduce__(self):
        return os.system, (self.command,)


def make_song(server):
    status, answer = server.call("POST", "/api/v1/music/text2samples", ONE_HIT)
    assert status == 200, answer
    server.wait_for(answer["job"]["id"], "COMPLETED")


def test_a_pickle_in_redis_runs_nothing(prepared_folder, tmp_path):
    mark = tmp_path / "it-ran"
    with (
        RedisServer() as redis,
        PreparedServer(prepared_folder, AUDIOMUSIC_BROKER=redis.url, AUDIOMUSIC_RATE_READ="1000/h") as server,
    ):
        make_song(server)
        store = redis_client.from_url(redis.url)
        counters = [key for key in store.keys("*") if b"calls-" in key]
        assert counters, "the test plants where nothing is read"
        for key in [*counters, b":1:doctor"]:
            store.set(key, pickle.dumps(Planted(mark)))
        planted = server.python("-c", SIGN, str(mark)).split()
        assert len(planted) == 2
        queue = "django_q:audiomusic:q"
        store.rpush(queue, pickle.dumps(Planted(mark)), "nonsense", *planted)
        # What is counted under a planted key cannot be counted, and is let through: no error, no run.
        assert server.call("GET", "/api/v1/auth/me")[0] == 200
        make_song(server)
        server.manage("shell", "-c", "from django.core.cache import cache; print(cache.get('doctor'))")
        assert store.llen(queue) == 0  # all of it rang
        assert not mark.exists()
