"""Dumping a database to one file and restoring it: SQLite's online backup, PostgreSQL's own programs.

A restore never overwrites in place: a truncated file, a full disk, a failed migration or a power cut leave
the previous rows.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, connections, transaction


class BackupFailed(Exception):
    """A backup or restore failed; the message tells the user why."""


class Format(NamedTuple):
    """How one kind of database is dumped and restored."""

    leaf: str
    dump: Callable[[Path], None]
    replaced: Callable[[Path], AbstractContextManager[None]]


def _sqlite_dump(path: Path) -> None:
    """Copy the database as of one moment, while others keep writing."""
    with closing(sqlite3.connect(_sqlite_file())) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)


@contextmanager
def _sqlite_replaced(path: Path) -> Iterator[None]:
    """Replace the database. The copy itself is one transaction; undoing later steps needs a second copy."""
    _sqlite_check(path)
    before = path.with_name(f"before-{path.name}")
    _sqlite_dump(before)
    _sqlite_load(path)
    try:
        yield
    except BaseException:
        connections.close_all()
        _sqlite_load(before)
        raise


def _sqlite_check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as source:
            [pages] = source.execute("PRAGMA page_count").fetchone()
            [page_bytes] = source.execute("PRAGMA page_size").fetchone()
            [said] = source.execute("PRAGMA quick_check(1)").fetchone()
            # SQLite reads the missing part of a last page as zeros, and may not notice.
            if path.stat().st_size % page_bytes or path.stat().st_size < pages * page_bytes:
                said = "its end is missing"
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise BackupFailed(f"{path.name} in the archive is damaged: {said}.")


def _sqlite_load(path: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(_sqlite_file())) as target:
        source.backup(target)


def _sqlite_file() -> str:
    return str(connection.settings_dict["NAME"])


def _postgres_dump(path: Path) -> None:
    excluded = f"--exclude-schema={BESIDE}"  # left by a restore that was killed after its rows were loaded
    _postgres("pg_dump", "--format=custom", "--no-owner", excluded, f"--file={path}")


#: Schema of the previous rows until those of the backup are verified.
BESIDE = "audiomusic_before_restore"
#: Indexes of both schemas depend on the extensions (pg_trgm), so these move to the schema that is kept.
_MOVE_EXTENSIONS = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT extname FROM pg_extension WHERE extnamespace = '{source}'::regnamespace LOOP
    EXECUTE format('ALTER EXTENSION %I SET SCHEMA {target}', found.extname);
  END LOOP;
END $$;
"""
_SET_ASIDE = (
    f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE; ALTER SCHEMA public RENAME TO {BESIDE}; CREATE SCHEMA public;"
    + _MOVE_EXTENSIONS.format(source=BESIDE, target="public")
)
_BRING_BACK = (
    _MOVE_EXTENSIONS.format(source="public", target=BESIDE)
    + f"DROP SCHEMA public CASCADE; ALTER SCHEMA {BESIDE} RENAME TO public;"
)


@contextmanager
def _postgres_replaced(path: Path) -> Iterator[None]:
    """Restore into an empty schema: tables of another version must not remain beside those of the dump."""
    _postgres("pg_restore", "--list", str(path))  # rejects an unreadable file before anything has changed
    _postgres_load(path)
    try:
        yield
    except BaseException:
        connections.close_all()
        _execute(_BRING_BACK)
        raise
    _execute(f"DROP SCHEMA {BESIDE} CASCADE")


def _postgres_load(path: Path) -> None:
    """Set the old schema aside and fill a new one, in one transaction. It is committed only after pg_restore
    reports that its script was complete: psql alone takes a truncated script for a finished one."""
    _check_program("psql")
    with tempfile.TemporaryFile() as said:
        options: dict[str, Any] = {"env": _address(), "stderr": said}
        reader = _start("pg_restore", "--no-owner", "--file=-", str(path), stdout=subprocess.PIPE, **options)
        writer = _start(
            "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **options,
        )  # fmt: skip
        with reader, writer:
            is_whole = _pipe(reader, writer)
        if not is_whole or writer.returncode:
            said.seek(0)
            why = said.read().decode(errors="replace").strip()[-1000:]
            raise BackupFailed(f"The rows could not be restored, and are as they were: {why}")


def _pipe(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> bool:
    """Pipe everything from one to the other, between BEGIN and COMMIT. Return False if it broke off."""
    assert reader.stdout and writer.stdin
    with suppress(BrokenPipeError):  # psql has stopped at an error, and reports it itself
        writer.stdin.write(f"BEGIN; {_SET_ASIDE}\n".encode())
        shutil.copyfileobj(reader.stdout, writer.stdin)
        if reader.wait() == 0:
            writer.stdin.write(b"\nCOMMIT;\n")
            writer.stdin.close()
            return True
    reader.kill()
    with suppress(BrokenPipeError):
        writer.stdin.close()
    return False


def _execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


#: Environment variables of the programs, by Django's parameter name.
_PG_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "service": "PGSERVICE", "passfile": "PGPASSFILE",
}  # fmt: skip


def _address() -> dict[str, str]:
    """Return the environment for a program that connects to this database."""
    known: dict[str, Any] = connection.get_connection_params()
    address = {_PG_VARIABLES[name]: str(value) for name, value in known.items() if name in _PG_VARIABLES}
    return os.environ | address


def _start(*command: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, **options)


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs with this database's address and password."""
    _check_program(program)
    done = subprocess.run([program, *arguments], env=_address(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[-1000:]}")


def _check_program(program: str) -> None:
    if shutil.which(program) is None:
        raise BackupFailed(f"Expected {program} on this machine; it comes with PostgreSQL.")


FORMATS = {
    "sqlite": Format("database.sqlite3", _sqlite_dump, _sqlite_replaced),
    "postgresql": Format("database.dump", _postgres_dump, _postgres_replaced),
}


def format_of_database() -> Format:
    return FORMATS[connection.vendor]


def database_dump(path: Path) -> None:
    """Write all rows to a file. Raises BackupFailed."""
    format_of_database().dump(path)


@contextmanager
def database_replaced(path: Path) -> Iterator[None]:
    """Replace all rows by those of such a file. They can be checked inside the context: an exception there
    restores the previous rows. Raises BackupFailed."""
    connections.close_all()
    with format_of_database().replaced(path):
        yield
