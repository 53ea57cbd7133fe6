"""The tables of the tests' database: made once a run, by every migration, and copied for each process; and
the rows that the migrations left, which are put back after each test that commits.

The migrations take seconds, and each process of a run would wait for them by itself. Django's `flush` makes
permissions, groups and presets again by code, which takes longer than most of the tests that need it.
"""

import fcntl
import json
from contextlib import contextmanager

from django.db import connection, transaction

BASE = "base"  # the schema in which the rows of the migrations lie: on SQLite, the file that was copied
NOTE = "tables.json"  # in the folder of the run: where the tables are that are copied


@contextmanager
def own_tables(folder, process):
    """While it lasts, the connection leads to this process's own copy. `folder`: what the processes of the
    run share; on SQLite the tables lie there."""
    settings, creation = connection.settings_dict, connection.creation
    name_before = settings["NAME"]
    if connection.vendor == "sqlite":
        # A file, as in the product: what threads and processes do to each other there counts.
        settings["TEST"]["NAME"] = str(folder / "tables.sqlite3")
    note = folder / NOTE
    with (folder / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            note.write_text(json.dumps({"name": settings["NAME"], "filled": _keep_rows()}))
        settings["NAME"] = json.loads(note.read_text())["name"]
        connection.close()  # a template that is in use is not copied, nor what lies beside SQLite's file
        creation.clone_test_db(process, verbosity=0, autoclobber=True)
        settings.update(creation.get_test_db_clone_settings(process))
    settings["TEST"]["BASE"] = note
    try:
        yield
    finally:
        creation.destroy_test_db(name_before, verbosity=0)


def tables():
    return connection.introspection.django_table_names(only_existing=True, include_views=False)


def _keep_rows():
    """The tables that have rows; on PostgreSQL these are copied into a schema of their own."""
    with connection.cursor() as cursor:
        filled = [table for table in tables() if _has_rows(cursor, table)]
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE SCHEMA {BASE}")
            for table in filled:
                cursor.execute(f'CREATE TABLE {BASE}."{table}" AS TABLE public."{table}"')
    return filled


def _has_rows(cursor, table):
    cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
    return cursor.fetchone() is not None


def rows_restore():
    """Every table as the migrations left it."""
    base = json.loads(connection.settings_dict["TEST"]["BASE"].read_text())
    with connection.cursor() as cursor, _base(cursor, base["name"]), _in_any_order(), transaction.atomic():
        if connection.vendor == "postgresql":
            # No trigger and no foreign key. TRUNCATE would make every table's files again.
            cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables():
            cursor.execute(f'DELETE FROM "{table}"')
        for table in base["filled"]:
            cursor.execute(f'INSERT INTO "{table}" SELECT * FROM {BASE}."{table}"')


def _in_any_order():
    """SQLite copies tables by a short cut that forgets the foreign keys which lead to them."""
    return connection.constraint_checks_disabled()


@contextmanager
def _base(cursor, name):
    """The copied tables are within reach of this connection."""
    if connection.vendor != "sqlite":
        yield
        return
    cursor.execute(f"ATTACH DATABASE %s AS {BASE}", [name])
    try:
        yield
    finally:
        cursor.execute(f"DETACH DATABASE {BASE}")
