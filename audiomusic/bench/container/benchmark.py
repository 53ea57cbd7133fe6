"""Runs the Dockerfile's steps in a new Debian (debootstrap), and makes a song in it.

It needs no container engine, so it runs wherever root does: deploy/image.sh does the same to a bare Debian
here as in a container. Each command mounts in its own namespace, so no mount is left behind, whatever
happens. If pip reads packages from folders of this machine, the new Debian sees them read-only.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from audiomusic.bench.engine.listening import JudgeMissing
from audiomusic.bench.report import Report
from audiomusic.devtools.image_files import image_files_copy
from audiomusic.devtools.scratch_server import ROOT, free_port

DOCKERFILE = ROOT / "Dockerfile"
HOME = "/opt/audiomusic"
DATA = "/var/lib/audiomusic"
STEPS = ("system", "packages", "ready")
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 30
IMAGE_MB, START_S = 4000.0, 60.0
HAND_ON = re.compile(r"(PIP_\w+|https?_proxy|no_proxy|SSL_CERT_FILE)", re.IGNORECASE)
#: The machine's configuration of network and certificates.
NETWORK_FILES = (
    "/etc/resolv.conf",
    "/etc/pip.conf",
    "/etc/apt/apt.conf.d",
    "/usr/local/share/ca-certificates",
)
SONG = (
    "generate", "one drum hit", "--duration", "5", "--instrumental", "--out", "/tmp/song.flac",
)  # fmt: skip


class FreshDebian:
    """A Debian in a folder. `run` raises CalledProcessError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def bootstrap(self, release: str) -> None:
        _checked(["debootstrap", "--variant=minbase", "--include=ca-certificates", release, str(self.folder)])
        for name in map(Path, NETWORK_FILES):
            target = self.folder / name.relative_to("/")
            if name.is_dir():
                shutil.copytree(name, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("docker*"))
            elif name.exists():
                shutil.copy(name, target)
        self.run(["update-ca-certificates"], place="/")

    def command(self, command: Sequence[str], *, user: str = "", place: str = HOME) -> list[str]:
        root = shlex.quote(str(self.folder))
        mounts = [f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
        for source in _package_folders():
            (self.folder / source.relative_to("/")).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind -o ro {source} {root}{source}")
        inside = shlex.quote(f"cd {place} && exec {shlex.join(command)}")
        who = f"--userspec={user} " if user else ""
        script = " && ".join([*mounts, f"exec chroot {who}{root} /bin/sh -c {inside}"])
        return ["unshare", "--mount", "/bin/sh", "-ec", script]

    def run(self, command: Sequence[str], *, user: str = "", place: str = HOME, **variables: str) -> None:
        _checked(self.command(command, user=user, place=place), env=environment() | variables)


def run() -> Report:
    if os.geteuid() or not shutil.which("debootstrap"):
        raise JudgeMissing("Expected root and debootstrap: run it with sudo, on a Debian that has it.")
    os.umask(0o022)  # the settings narrowed it, but users other than root must read a Debian
    report = Report()
    with tempfile.TemporaryDirectory(prefix="audiomusic-image-") as name:
        debian = FreshDebian(Path(name) / "root")
        debian.folder.mkdir()
        with timed(report, "image_debian_s"):
            debian.bootstrap(debian_release(DOCKERFILE.read_text()))
        home = debian.folder / HOME[1:]
        home.mkdir(parents=True)
        image_files_copy(home)
        for step in STEPS:
            with timed(report, f"image_{step}_s"):
                debian.run(["deploy/image.sh", step], AUDIOMUSIC_DATA_DIR=DATA)
        report.add("image_mb", disk_mb(debian.folder), at_most=IMAGE_MB)
        serve(debian, report)
    return report


def serve(debian: FreshDebian, report: Report) -> None:
    """Run the image: it starts as its own user, reports that it is healthy, makes a song and stops."""
    variables = {"HOST": "127.0.0.1", "PORT": str(free_port()), "AUDIOMUSIC_DATA_DIR": DATA}
    python = ".venv/bin/python"
    command = debian.command([python, "manage.py", "serve"], user="audiomusic:audiomusic")
    started_at = time.monotonic()
    server = subprocess.Popen(command, env=environment() | variables, stdout=sys.stderr)
    try:
        while not _is_healthy(debian, variables):
            if server.poll() is not None or time.monotonic() - started_at > START_TIMEOUT_S:
                raise RuntimeError("Expected the server to answer, but it did not; see above.")
            time.sleep(0.5)
        report.add("image_start_s", time.monotonic() - started_at, at_most=START_S)
        with timed(report, "image_song_s"):
            debian.run([python, "manage.py", *SONG], user="audiomusic:audiomusic", **variables)
        report.add("image_song_bytes", (debian.folder / "tmp/song.flac").stat().st_size, at_least=10_000)
    finally:
        server.send_signal(signal.SIGTERM)
        report.add("image_exit_code", server.wait(timeout=STOP_TIMEOUT_S), at_most=0, at_least=0)


def debian_release(dockerfile: str) -> str:
    """Return the name in `FROM debian:bookworm-slim`."""
    found = re.search(r"^FROM debian:([a-z]+)-slim$", dockerfile, re.MULTILINE)
    if found is None:
        raise ValueError("Expected a Dockerfile that begins with a slim Debian.")
    return found[1]


def environment() -> dict[str, str]:
    """Return the environment for a build: the package sources, and nothing else from the caller."""
    kept = {name: value for name, value in os.environ.items() if HAND_ON.fullmatch(name)}
    return kept | {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@contextmanager
def timed(report: Report, name: str) -> Iterator[None]:
    started_at = time.monotonic()
    yield
    report.add(name, time.monotonic() - started_at)


def disk_mb(folder: Path) -> float:
    said = subprocess.run(
        ["du", "-s", "-x", "-B1000", str(folder)], capture_output=True, text=True, check=True
    )
    return int(said.stdout.split()[0]) / 1000


def _is_healthy(debian: FreshDebian, variables: dict[str, str]) -> bool:
    command = debian.command([".venv/bin/python", "deploy/health.py"], user="audiomusic:audiomusic")
    return subprocess.run(command, env=environment() | variables, stdout=sys.stderr).returncode == 0


def _package_folders() -> list[Path]:
    """Return the folders of this machine in which pip searches for packages."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    text = asked.stdout + " ".join(value for name, value in os.environ.items() if name.startswith("PIP_"))
    found = {Path(path) for path in re.findall(r"(?:file://|[\s='\"])(/[\w./-]+)", text)}
    return sorted(path for path in found if path.is_dir())


def _checked(command: list[str], env: dict[str, str] | None = None) -> None:
    """Run a command with its output on standard error, because standard output is the report's."""
    subprocess.run(command, check=True, env=env, stdout=sys.stderr)
