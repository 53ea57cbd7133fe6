"""PostgreSQL's waits have an end, as SQLite's have: a process that froze in the middle of a transaction
must not hold up everybody who wants the same row.

Said to each new session, because not every pooler lets a connection's start say it.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_WAIT_S = 20  # then the one that waits gets an error; as SQLite's busy time-out
#: A transaction that nobody goes on with is rolled back. No code of this server pauses in one: backups
#: and lists are read by statements of their own.
IDLE_IN_TRANSACTION_S = 60


def bound_waits(sender: Any, *, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """On `connection_created`."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false)",
            [f"{LOCK_WAIT_S}s", f"{IDLE_IN_TRANSACTION_S}s"],
        )
