"""A private, temporary PostgreSQL server that is only reachable through a socket file.

    python -m audiomusic.devtools.postgres COMMAND…    runs COMMAND with TEST_DATABASE_URL set

If PostgreSQL is not installed, it prints one line and runs nothing.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A temporary server may lose everything in a crash, so it never waits for the disk.
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c listen_addresses="
#: The settings that PostgreSQL's manual recommends for a large database: a share of memory, and an SSD. Its
#: default of 128 MB suits a server that must start anywhere.
TUNED = "-c shared_buffers=2GB -c effective_cache_size=6GB -c random_page_cost=1.1"


def find_programs() -> Path | None:
    """Return the folder of the newest initdb and pg_ctl, or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_other_user() -> list[str]:
    """Return the command prefix that switches user: PostgreSQL refuses to run as root, and each of its
    packages creates its own user.
    """
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


class PrivateServer:
    """A server in its own folder. `url` is its database's. `kept` is a folder in which the data stays; such a
    database is meant to be large and gets more memory.
    """

    def __init__(self, programs: Path, options: str = OPTIONS, kept: Path | None = None) -> None:
        self.programs, self.kept = programs, kept
        self.options = f"{options} {TUNED}" if kept else options
        self.folder = Path(tempfile.mkdtemp(prefix="audiomusic-pg-"))
        self.data = (kept or self.folder).resolve() / "data"
        self.url = f"postgres://audiomusic@/postgres?host={self.folder}"
        self.prefix = _as_other_user()
        if self.prefix:
            _give_to_other_user(self.folder, self.data.parent)

    def make(self) -> None:
        if not self.data.exists():
            self._run("initdb", "-U", "audiomusic", "-E", "UTF8", "-A", "trust")

    def start(self) -> None:
        options = f"-k {self.folder} {self.options}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log.txt"), "-o", options, "start")

    def stop(self) -> None:
        """Stop at once, as if killed; but data to keep is written out first."""
        self._run("pg_ctl", "-w", "-m", "fast" if self.kept else "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        _quietly([*self.prefix, str(self.programs / program), "-D", str(self.data), *arguments])


@contextmanager
def private_server(programs: Path, kept: Path | None = None) -> Iterator[str]:
    """Start a server, yield its database URL, then stop it and remove its data unless it is in `kept`."""
    with restartable_server(programs, kept=kept) as server:
        yield server.url


@contextmanager
def restartable_server(
    programs: Path, options: str = OPTIONS, kept: Path | None = None
) -> Iterator[PrivateServer]:
    """Like `private_server`, but yield the server itself."""
    server = PrivateServer(programs, options, kept)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


def _give_to_other_user(*folders: Path) -> None:
    owner = pwd.getpwnam("postgres")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


def main(command: list[str]) -> int:
    programs = find_programs()
    if programs is None:
        print("PostgreSQL is not on this machine: the tests on it are left out.")  # noqa: T201
        return 0
    with private_server(programs) as url:
        return subprocess.run(command, env=os.environ | {"TEST_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
