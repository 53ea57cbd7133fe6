"""Creation of triggers, and restoration of those that a database has lost.

SQLite drops a table's triggers with the table, and a migration of any app that alters a column recreates the
table. Restoring triggers after each `migrate` means that no developer has to remember this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.recorder import MigrationRecorder

#: Database vendor -> statements.
Statements = Mapping[str, Callable[[], Iterable[str]]]
ForMigration = Callable[[Any, BaseDatabaseSchemaEditor], None]

#: Queries for the names of all triggers; a trigger that PostgreSQL has disabled counts as missing.
_CATALOGUE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
}


def missing_triggers(connection: BaseDatabaseWrapper, names: Iterable[str]) -> list[str]:
    """Return the names for which the database has no trigger."""
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE[connection.vendor])
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in names if name not in present]


def run_statements(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def run_for_vendor(connection: BaseDatabaseWrapper, statements: Statements) -> None:
    """Run the statements for the connection's database. Raises NotImplementedError if it has none."""
    if connection.vendor not in statements:
        expected = " or ".join(statements)
        raise NotImplementedError(f"Expected {expected} as the database, got {connection.vendor}.")
    run_statements(connection, statements[connection.vendor]())


def trigger_functions(
    create: Statements, drop: Statements
) -> tuple[ForMigration, ForMigration, Callable[[BaseDatabaseWrapper], None]]:
    """Return (create, drop) for migrations.RunPython, and a function that drops the existing triggers and
    creates all of them.
    """

    def create_triggers(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        run_for_vendor(editor.connection, create)

    def drop_triggers(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        run_for_vendor(editor.connection, drop)

    def replace(connection: BaseDatabaseWrapper) -> None:
        run_for_vendor(connection, drop)
        run_for_vendor(connection, create)

    return create_triggers, drop_triggers, replace


@dataclass(frozen=True)
class TriggerSet:
    """The triggers that keep one derived table up to date.

    `names` is by database vendor. `made_by` is the migration that creates the triggers. `replace` drops the
    existing ones and creates all of them; `rebuild` corrects what changed while one was missing.
    """

    names: Mapping[str, tuple[str, ...]]
    made_by: tuple[str, str]
    replace: Callable[[BaseDatabaseWrapper], None]
    rebuild: Callable[[], None]

    def missing(self, connection: BaseDatabaseWrapper) -> list[str]:
        return missing_triggers(connection, self.names[connection.vendor])


def triggers_restore(triggers: TriggerSet, *, using: str) -> bool:
    """Restore missing triggers and correct the table that they maintain. Return whether any were missing;
    also False before the migration that creates them.
    """
    connection = connections[using]
    is_made = triggers.made_by in MigrationRecorder(connection).applied_migrations()
    if not is_made or not triggers.missing(connection):
        return False
    with transaction.atomic(using=using):
        triggers.replace(connection)
        triggers.rebuild()
    return True


def restore_after_migrate(*sets: TriggerSet, using: str, plan: Iterable[Any] | None) -> None:
    """Restore triggers after migrations; for `post_migrate`. It runs no query if nothing was migrated, and
    does nothing for a reverse migration, which drops triggers on purpose.
    """
    steps = list(plan or ())
    if steps and not any(is_backwards for _, is_backwards in steps):
        for triggers in sets:
            triggers_restore(triggers, using=using)
