"""A private Redis on loopback that can be stopped and started again."""

import shutil
import socket
import subprocess
import tempfile
import time

from audiomusic.devtools.scratch_server import free_port
from audiomusic.server.supervisor import die_with_parent

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """Start Redis with `with RedisServer() as redis:`; `redis.url` is its address."""

    def __init__(self):
        self.port, self.process = free_port(), None
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.folder = tempfile.TemporaryDirectory(prefix="audiomusic-redis-")

    def __enter__(self):
        self.come_back()
        return self

    def __exit__(self, *details):
        self.go_away()
        self.folder.cleanup()

    def go_away(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def come_back(self):
        self.process = subprocess.Popen(
            [PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no"],
            cwd=self.folder.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Expected redis-server to listen.")
