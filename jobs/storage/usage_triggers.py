"""The database triggers that maintain StorageTotal; nothing else writes it.

Adding, removing or correcting the row of a stored file changes its owner's total in the same transaction, on
both databases. As with the counts of jobs, PostgreSQL skips a row that another transaction is changing and
inserts another one, so that nothing waits or deadlocks; SQLite has one writer.

SQLite drops a table's triggers together with the table, and a migration that alters a column recreates the
table: `audiomusic.db.triggers` restores the triggers afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from audiomusic.db.triggers import trigger_functions

TABLES = ("jobs_audiofile", "jobs_scorefile")
EVENTS = ("INSERT", "UPDATE", "DELETE")
TOTALS = "jobs_storagetally"


def trigger_name(table: str, event: str) -> str:
    return f"storage_{table.removeprefix('jobs_')}_{event.lower()}"


TRIGGERS = tuple(trigger_name(table, event) for table in TABLES for event in EVENTS)

_OWNER = "SELECT job.user_id FROM jobs_take AS take JOIN jobs_job AS job ON job.id = take.job_id"


def kept_bytes(tables: tuple[str, ...] = TABLES) -> str:
    """Return a SELECT of (user_id, byte_count) for every stored file."""
    return " UNION ALL ".join(
        f"SELECT job.user_id, file.byte_count FROM {table} AS file"
        " JOIN jobs_take AS take ON take.id = file.take_id JOIN jobs_job AS job ON job.id = take.job_id"
        for table in tables
    )


# SQLite: one trigger per row.


def _sqlite_create() -> Iterator[str]:
    for table in TABLES:
        for event in EVENTS:
            columns = "OF byte_count, take_id" if event == "UPDATE" else ""
            gone = "" if event == "INSERT" else _sqlite_change("OLD", "-")
            come = "" if event == "DELETE" else _sqlite_change("NEW", "+")
            yield f"""
                CREATE TRIGGER {trigger_name(table, event)} AFTER {event} {columns} ON {table}
                BEGIN {gone}{come} END"""


def _sqlite_change(row: str, sign: str) -> str:
    owner = f"{_OWNER} WHERE take.id = {row}.take_id"
    add_row = f"""
        INSERT INTO {TOTALS} (user_id, byte_count) SELECT owner.user_id, 0 FROM ({owner}) AS owner
            WHERE NOT EXISTS (SELECT 1 FROM {TOTALS} AS total WHERE total.user_id = owner.user_id);"""
    return (
        (add_row if sign == "+" else "")
        + f"""
        UPDATE {TOTALS} SET byte_count = byte_count {sign} {row}.byte_count WHERE user_id = ({owner});"""
    )


def _sqlite_drop() -> Iterator[str]:
    yield from (f"DROP TRIGGER IF EXISTS {name}" for name in TRIGGERS)


# PostgreSQL: one trigger per statement, so that a job's files change the total once.


def _postgresql_create() -> Iterator[str]:
    yield f"ALTER TABLE {TOTALS} SET (fillfactor = 50)"  # room to update a total in place
    yield f"""
        CREATE FUNCTION storage_change(of_user bigint, delta bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            free bigint[];
            total bigint;
        BEGIN
            SELECT array_agg(id), sum(byte_count) + delta INTO free, total FROM
                (SELECT id, byte_count FROM {TOTALS} WHERE user_id = of_user FOR UPDATE SKIP LOCKED) AS rows;
            IF free IS NOT NULL THEN
                UPDATE {TOTALS} SET byte_count = total WHERE id = free[1];
                DELETE FROM {TOTALS} WHERE id = ANY (free[2:]);
            -- A user who is being deleted has no rows any more, and should get none.
            ELSIF delta > 0 OR EXISTS (SELECT 1 FROM {TOTALS} WHERE user_id = of_user) THEN
                INSERT INTO {TOTALS} (user_id, byte_count) VALUES (of_user, delta);
            END IF;
        END $$"""
    for table in TABLES:
        for event in EVENTS:
            yield from _postgresql_trigger(table, event)


def _postgresql_trigger(table: str, event: str) -> Iterator[str]:
    name = trigger_name(table, event)
    sides = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
    called = {"OLD": "rows_gone", "NEW": "rows_come"}
    changes = " UNION ALL ".join(
        f"SELECT take_id, {'-' if side == 'OLD' else ''}byte_count AS delta FROM {called[side]}"
        for side in sides
    )
    yield f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM storage_change(of_user.user_id, of_user.delta) FROM (
                SELECT job.user_id, sum(change.delta)::bigint AS delta FROM ({changes}) AS change
                JOIN jobs_take AS take ON take.id = change.take_id
                JOIN jobs_job AS job ON job.id = take.job_id
                GROUP BY job.user_id HAVING sum(change.delta) <> 0
            ) AS of_user;
            RETURN NULL;
        END $$"""
    tables = " ".join(f"{side} TABLE AS {called[side]}" for side in sides)
    yield f"""
        CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {tables}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""


def _postgresql_drop() -> Iterator[str]:
    yield from (f"DROP FUNCTION IF EXISTS {name} CASCADE" for name in (*TRIGGERS, "storage_change"))


CREATE = {"sqlite": _sqlite_create, "postgresql": _postgresql_create}
DROP = {"sqlite": _sqlite_drop, "postgresql": _postgresql_drop}


create_triggers, drop_triggers, triggers_replace = trigger_functions(CREATE, DROP)
