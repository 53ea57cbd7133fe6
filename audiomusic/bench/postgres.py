"""A private PostgreSQL server on a throw-away folder, reached by a socket file alone.

    python -m audiomusic.bench.postgres COMMAND…    runs COMMAND with TEST_DATABASE_URL set

Says in one line when the machine has no PostgreSQL programs, and then runs nothing.
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

#: A throw-away server may forget everything on a crash, so it never waits for the disk.
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c listen_addresses="


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl: newest version first, or None."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_other_user() -> list[str]:
    """PostgreSQL refuses to run as root; its own user is there wherever it is packaged."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


class PrivateServer:
    """A server on a folder of its own. `url`: its database's."""

    def __init__(self, programs: Path, options: str = OPTIONS) -> None:
        self.programs, self.options = programs, options
        self.folder = Path(tempfile.mkdtemp(prefix="audiomusic-pg-"))
        self.url = f"postgres://audiomusic@/postgres?host={self.folder}"
        self.prefix = _as_other_user()
        if self.prefix:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    def make(self) -> None:
        self._run("initdb", "-U", "audiomusic", "-E", "UTF8", "-A", "trust")

    def start(self) -> None:
        options = f"-k {self.folder} {self.options}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log.txt"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as if it were killed."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        data = ["-D", str(self.folder / "data")]
        _quietly([*self.prefix, str(self.programs / program), *data, *arguments])


@contextmanager
def private_server(programs: Path) -> Iterator[str]:
    """Start a server, yield its database URL, stop and remove it."""
    with restartable_server(programs) as server:
        yield server.url


@contextmanager
def restartable_server(programs: Path, options: str = OPTIONS) -> Iterator[PrivateServer]:
    """As `private_server`, but the server itself."""
    server = PrivateServer(programs, options)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


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
