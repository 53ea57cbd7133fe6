"""A real server on a temporary data folder, for benchmarks and end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from audiomusic.server.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S = 120

#: The smallest possible job, for measuring everything except the music.
ONE_HIT = {"prompt": "one drum hit", "duration": 1, "sample_type": "one-shot", "format": "wav"}

#: Limits that are never reached but cost as much as real ones, for measuring many calls of one user.
HIGH_RATES = {
    f"AUDIOMUSIC_RATE_{name}": "900000000/min"
    for name in ("GENERATION", "REWORK", "EDIT", "LRC", "READ", "WEBHOOK", "PAGES", "PLAYERS")
} | {"AUDIOMUSIC_WAITING_LIMIT": "off"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ScratchServer:
    """`with ScratchServer() as server:` starts `manage.py serve` and stops it at the end.

    `database_url`: None to follow the environment, "" for SQLite in the temporary folder.
    `folder`: a folder to keep, instead of the temporary one.
    """

    def __init__(
        self,
        part: str = "all",
        *,
        database_url: str | None = None,
        folder: Path | None = None,
        **environment: str,
    ) -> None:
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="audiomusic-scratch-")
        self.folder = folder or Path(self.temporary.name if self.temporary else "")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data_dir = self.folder / "data"
        self.part = part
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOMUSIC_")}
        self.environment = inherited | {
            "AUDIOMUSIC_DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "audiomusic.settings",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **environment,
        }
        if database_url is not None:
            own = f"sqlite:///{self.data_dir / 'audiomusic.sqlite3'}"
            self.environment["DATABASE_URL"] = database_url or own
        self.log_path = self.folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.key = ""

    def __enter__(self) -> ScratchServer:
        self.start()
        self.key = self.manage("createkey", "scratch").strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is not None:
            sys.stderr.write(self.log_path.read_text()[-4000:])
        if self.temporary:
            self.temporary.cleanup()

    def start(self) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: PLW1509 (prctl needs the child's own side)
                [sys.executable, "manage.py", "serve", self.part], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent,
            )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log_path.read_text()[-4000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.base_url}/api/v1/music/presets", timeout=2)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> int | None:
        """Stop the server as Ctrl-C would, and return the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def manage(self, *command: str) -> str:
        """Run a manage.py command on this server's data, and return its standard output."""
        return self.python("manage.py", *command)

    def python(self, *command: str, stdin: str = "") -> str:
        """Run Python with this server's data and settings, and return its standard output."""
        done = subprocess.run(
            [sys.executable, *command], input=stdin,
            cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return done.stdout

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send one API request with the scratch user's key, and return (status, parsed body)."""
        request = urllib.request.Request(
            self.base_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def wait_for(self, job_id: int, *statuses: str, timeout_s: float = 120) -> dict[str, Any]:
        """Return the job once its status is one of `statuses`. Raises TimeoutError with its last state."""
        deadline = time.monotonic() + timeout_s
        job: dict[str, Any] = {}
        while time.monotonic() < deadline:
            job = self.call("GET", f"/api/v1/music/jobs/{job_id}/status")[1]
            if job["status"] in statuses:
                return job
            time.sleep(0.1)
        raise TimeoutError(f"Expected job {job_id} to be {' or '.join(statuses)}, got {job}.")
