"""Timeouts for waiting in PostgreSQL, as SQLite has: a process that hangs in the middle of a transaction must
not block everyone else who needs the same row.

They are set in each new session, because not every connection pooler accepts them as startup options.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

LOCK_WAIT_S = 20  # then the waiting statement fails, as with SQLite's busy timeout
#: An idle transaction is rolled back after this time. No code of this server pauses in a transaction: backups
#: and lists are read with separate statements.
IDLE_IN_TRANSACTION_S = 60


def bound_waits(sender: Any, *, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Set the timeouts; a receiver of `connection_created`."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('idle_in_transaction_session_timeout', %s, false)",
            [f"{LOCK_WAIT_S}s", f"{IDLE_IN_TRANSACTION_S}s"],
        )
