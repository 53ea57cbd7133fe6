"""The tables of the test database, created once for each test run by all migrations and copied for each
process; and the rows that the migrations leave, restored after each test that commits.

The migrations take seconds, and otherwise each process would wait for its own. Django's `flush` recreates
permissions, groups and presets in code, which takes longer than most of the tests that need it.
"""

import fcntl
import json
from contextlib import contextmanager

from django.db import connection, transaction

#: A file in the run's folder: the name of the database to copy, and the rows of the migrations.
NOTE = "tables.json"


@contextmanager
def own_tables(folder, process):
    """Point the connection at this process's own copy inside the `with` block. `folder` is shared by the
    processes of the run; on SQLite it holds the database."""
    settings, creation = connection.settings_dict, connection.creation
    name_before = settings["NAME"]
    if connection.vendor == "sqlite":
        # A file, as in production, because tests depend on how threads and processes lock each other out
        # there.
        settings["TEST"]["NAME"] = str(folder / "tables.sqlite3")
    note = folder / NOTE
    with (folder / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            note.write_text(json.dumps({"name": settings["NAME"], "rows": _rows()}))
        settings["NAME"] = json.loads(note.read_text())["name"]
        connection.close()  # a template in use cannot be copied, nor can SQLite's side files
        creation.clone_test_db(process, verbosity=0, autoclobber=True)
        settings.update(creation.get_test_db_clone_settings(process))
    settings["TEST"]["NOTE"] = note
    try:
        yield
    finally:
        creation.destroy_test_db(name_before, verbosity=0)


def tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _rows():
    """Return table -> its rows in PostgreSQL's COPY format. (SQLite copies them from the first file.)"""
    with connection.cursor() as cursor:
        return {table: _copied(cursor, table) for table in tables() if _has_rows(cursor, table)}


def _has_rows(cursor, table):
    cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
    return cursor.fetchone() is not None


def _copied(cursor, table):
    if connection.vendor != "postgresql":
        return ""
    with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(copy).decode()


def rows_restore():
    """Restore every table to the state that the migrations left."""
    note = json.loads(connection.settings_dict["TEST"]["NOTE"].read_text())
    restore = {"sqlite": _sqlite_restore, "postgresql": _postgresql_restore}[connection.vendor]
    with connection.cursor() as cursor:
        restore(cursor, note["name"], note["rows"])


def _sqlite_restore(cursor, name, rows):
    cursor.execute("ATTACH DATABASE %s AS base", [name])
    try:
        # SQLite copies whole tables by a shortcut that ignores the foreign keys that point to them.
        with connection.constraint_checks_disabled(), transaction.atomic():
            _delete_all(cursor)
            for table in rows:
                cursor.execute(f'INSERT INTO "{table}" SELECT * FROM base."{table}"')
    finally:
        cursor.execute("DETACH DATABASE base")


def _postgresql_restore(cursor, name, rows):
    with transaction.atomic():
        # Skip triggers and foreign keys. TRUNCATE would recreate the files of every table.
        cursor.execute("SET LOCAL session_replication_role = replica")
        _delete_all(cursor)
        for table, text in rows.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(text)


def _delete_all(cursor):
    for table in tables():
        cursor.execute(f'DELETE FROM "{table}"')
