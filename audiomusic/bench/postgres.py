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
#: What PostgreSQL's manual advises for a server that is to hold much: a share of memory, and a disk
#: without moving parts. Its default of 128 MB is for a server that must start anywhere.
TUNED = "-c shared_buffers=2GB -c effective_cache_size=6GB -c random_page_cost=1.1"


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


@contextmanager
def private_server(programs: Path, kept: Path | None = None) -> Iterator[str]:
    """Start a server, yield its database URL, stop it, and remove what it stored unless in `kept`;
    what is kept is meant to be large, and gets the memory for it."""
    folder = Path(tempfile.mkdtemp(prefix="audiomusic-pg-"))
    data = (kept or folder).resolve() / "data"
    prefix = _as_other_user()
    if prefix:
        _give_to_other_user(folder, data.parent)
    control = [*prefix, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log.txt")]
    try:
        if not data.exists():
            initdb = [
                str(programs / "initdb"),
                "-D",
                str(data),
                "-U",
                "audiomusic",
                "-E",
                "UTF8",
                "-A",
                "trust",
            ]
            _quietly([*prefix, *initdb])
        options = f"-k {folder} {OPTIONS} {TUNED if kept else ''}"
        _quietly([*control, "-o", options, "start"])
        try:
            yield f"postgres://audiomusic@/postgres?host={folder}"
        finally:
            # What is kept has to be written out; what is thrown away need not.
            _quietly([*control, "-m", "fast" if kept else "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
