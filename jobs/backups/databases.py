"""A database as one file and back: SQLite's online copy, PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, connections


class BackupFailed(Exception):
    """The text says why, for the person who asked."""


class Format(NamedTuple):
    """How one kind of database is written to a file and read back."""

    leaf: str
    dump: Callable[[Path], None]
    load: Callable[[Path], None]


def _sqlite_dump(path: Path) -> None:
    """A copy of one moment, while others go on writing."""
    with closing(sqlite3.connect(_sqlite_file())) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)


def _sqlite_load(path: Path) -> None:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(_sqlite_file())) as target:
        source.backup(target)


def _sqlite_file() -> str:
    return str(connection.settings_dict["NAME"])


def _postgres_dump(path: Path) -> None:
    _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={path}")


def _postgres_load(path: Path) -> None:
    """Into an emptied schema: the tables of another version must not stay beside the dump's."""
    _postgres("pg_restore", "--list", str(path))  # refuses what it cannot read before anything is gone
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connections.close_all()
    database = f"--dbname={connection.settings_dict['NAME']}"
    _postgres("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", database, str(path))


#: What the programs read from their environment, by what Django calls it.
_PG_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "service": "PGSERVICE", "passfile": "PGPASSFILE",
}  # fmt: skip


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs with this database's address and password."""
    if shutil.which(program) is None:
        raise BackupFailed(f"{program} was wanted, but is not on this machine; it comes with PostgreSQL.")
    known: dict[str, Any] = connection.get_connection_params()
    address = {_PG_VARIABLES[name]: str(value) for name, value in known.items() if name in _PG_VARIABLES}
    done = subprocess.run(
        [program, *arguments], env=os.environ | address, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()[-1000:]}")


FORMATS = {
    "sqlite": Format("database.sqlite3", _sqlite_dump, _sqlite_load),
    "postgresql": Format("database.dump", _postgres_dump, _postgres_load),
}


def format_of_database() -> Format:
    return FORMATS[connection.vendor]


def database_dump(path: Path) -> None:
    """Write all rows to a file. Raises BackupFailed."""
    format_of_database().dump(path)


def database_load(path: Path) -> None:
    """Put the rows of such a file in place of all there are. Raises BackupFailed."""
    connections.close_all()
    format_of_database().load(path)
