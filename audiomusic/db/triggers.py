"""Running the statements that make triggers, and finding those that a database has lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

#: Every trigger by name; one that PostgreSQL was told to pass over is as good as none.
_CATALOGUE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
}


def missing_triggers(connection: BaseDatabaseWrapper, names: Iterable[str]) -> list[str]:
    """Those of the names that the database has no trigger of."""
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE[connection.vendor])
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in names if name not in present]


def run_statements(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def run_for_vendor(
    connection: BaseDatabaseWrapper, statements: Mapping[str, Callable[[], Iterable[str]]]
) -> None:
    """Run the statements of the connection's database. Raises NotImplementedError for one without any."""
    if connection.vendor not in statements:
        expected = " or ".join(statements)
        raise NotImplementedError(f"Expected {expected} as the database, got {connection.vendor}.")
    run_statements(connection, statements[connection.vendor]())
