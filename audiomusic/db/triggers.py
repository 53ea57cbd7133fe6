"""Running the statements that make triggers, finding those that a database has lost, and putting them back.

SQLite drops a table's triggers together with the table, and a migration that alters a column, of whichever
app, makes the table again. Restoring after each `migrate` keeps that from depending on anyone's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.recorder import MigrationRecorder

#: By the database's vendor.
Statements = Mapping[str, Callable[[], Iterable[str]]]
ForMigration = Callable[[Any, BaseDatabaseSchemaEditor], None]

#: Every trigger by name; one that is disabled in PostgreSQL counts as missing.
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


def run_for_vendor(connection: BaseDatabaseWrapper, statements: Statements) -> None:
    """Run the statements of the connection's database. Raises NotImplementedError for one without any."""
    if connection.vendor not in statements:
        expected = " or ".join(statements)
        raise NotImplementedError(f"Expected {expected} as the database, got {connection.vendor}.")
    run_statements(connection, statements[connection.vendor]())


def trigger_functions(
    create: Statements, drop: Statements
) -> tuple[ForMigration, ForMigration, Callable[[BaseDatabaseWrapper], None]]:
    """(create, drop) for migrations.RunPython, and what drops those that are left and creates them all."""

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
    """The triggers that keep one derived table in step.

    `names`: by the database's vendor. `made_by`: the migration after which there are triggers. `replace`
    drops those that are left and creates them all; `rebuild` corrects what changed while one was missing.
    """

    names: Mapping[str, tuple[str, ...]]
    made_by: tuple[str, str]
    replace: Callable[[BaseDatabaseWrapper], None]
    rebuild: Callable[[], None]

    def missing(self, connection: BaseDatabaseWrapper) -> list[str]:
        return missing_triggers(connection, self.names[connection.vendor])


def triggers_restore(triggers: TriggerSet, *, using: str) -> bool:
    """Put back triggers that are missing, and correct what they keep. Returns whether any were missing; False
    also where the migration that makes them is still to come."""
    connection = connections[using]
    is_made = triggers.made_by in MigrationRecorder(connection).applied_migrations()
    if not is_made or not triggers.missing(connection):
        return False
    with transaction.atomic(using=using):
        triggers.replace(connection)
        triggers.rebuild()
    return True


def restore_after_migrate(*sets: TriggerSet, using: str, plan: Iterable[Any] | None) -> None:
    """For `post_migrate`. A start that migrates nothing asks the database nothing; a way backwards drops
    triggers on purpose."""
    steps = list(plan or ())
    if steps and not any(is_backwards for _, is_backwards in steps):
        for triggers in sets:
            triggers_restore(triggers, using=using)
