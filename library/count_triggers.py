"""Database triggers that maintain JobCount; nothing else writes it.

They work alike on both databases: when a change moves a job between counts, they subtract it from the cells
where it counted and add it to those where it counts now, in the same transaction. `cells` defines where a job
counts; the consistency check (library.integrity) uses it too.

The counts cannot drift on PostgreSQL: a like, a dislike and a tag lock their job's row before they read it,
as does each change of the job, so each sees what the previous one left. Triggers cannot deadlock or block: a
count row locked by another transaction is skipped, and another row is written for the same cell. SQLite has
one writer at a time.

SQLite drops a table's triggers with the table, and a migration that alters a column recreates the table:
`audiomusic.db.triggers` restores the triggers afterwards. A table that triggers of other tables read cannot
be recreated while they exist, so such a migration runs `drop_triggers` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from audiomusic.db.triggers import trigger_functions

CELL_COLUMNS = ("user_id", "kind", "value", "task", "song_type", "status", "interaction")
CELL = ", ".join(CELL_COLUMNS)
EVENTS = ("INSERT", "UPDATE", "DELETE")

_JOIN_OPINION = (
    "LEFT JOIN library_reaction AS opinion ON opinion.job_id = job.id AND opinion.user_id = job.user_id"
)
_OPINION = "COALESCE(opinion.value, '')"


#: The day on which a job was created, in UTC regardless of the session's time zone.
_DAY = {
    "sqlite": "substr(job.created_at, 1, 10)",
    "postgresql": "to_char(job.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}


def cells(jobs: str, vendor: str) -> str:
    """Return a SELECT of every cell in which each row of `jobs`, a table or subquery, counts."""
    of_day = f"SELECT job.user_id, 'day', {_DAY[vendor]}, '', '', '', '' FROM {jobs} AS job"
    return f"{_cells(f'{jobs} AS job {_JOIN_OPINION}', _OPINION)} UNION ALL {of_day}"


def _cells(jobs: str, interaction: str) -> str:
    def select(kind: str, value: str) -> str:
        columns = f"job.user_id, {kind} AS kind, {value} AS value, job.task, job.song_type, job.status"
        return f"SELECT {columns}, {interaction} AS interaction FROM {jobs}"

    return " UNION ALL ".join(
        [
            select("''", "''"),
            select("'language'", "job.vocal_language") + " WHERE job.vocal_language <> ''",
            select("tag.kind", "tag.value") + " JOIN jobs_jobtag AS tag ON tag.job_id = job.id",
        ]
    )


# Changes when rows of a table are inserted or deleted: a SELECT of (cell, delta).


def _signed(*selects: tuple[int, str]) -> str:
    return " UNION ALL ".join(
        f"SELECT {CELL}, {sign} AS delta FROM ({select}) AS c" for sign, select in selects
    )


Change = Callable[[str, str], str]  # rows, vendor -> SELECT


def _job_change(sign: int) -> Change:
    return lambda jobs, vendor: _signed((sign, cells(jobs, vendor)))


def _tag_change(sign: int) -> Change:
    columns = "job.user_id, tag.kind, tag.value, job.task, job.song_type, job.status"
    select = f"SELECT {columns}, {_OPINION} AS interaction FROM"
    joins = f"JOIN jobs_job AS job ON job.id = tag.job_id {_JOIN_OPINION}"
    return lambda tags, vendor: _signed((sign, f"{select} {tags} AS tag {joins}"))


def _reaction_change(sign: int) -> Change:
    """An inserted reaction moves its job out of the cells without one; a deleted one moves it back."""
    join = "JOIN jobs_job AS job ON job.id = reaction.job_id AND job.user_id = reaction.user_id"

    def change(reactions: str, vendor: str) -> str:
        jobs = f"{reactions} AS reaction {join}"
        return _signed((sign, _cells(jobs, "reaction.value")), (-sign, _cells(jobs, "''")))

    return change


class Watched(NamedTuple):
    """A table whose rows affect the counts. Only its `deciding` columns matter: writing others (a running
    job's progress) costs nothing."""

    name: str
    table: str
    deciding: tuple[str, ...]
    change: Callable[[int], Change]
    job_id: str  # the column with the job's id

    def trigger(self, event: str) -> str:
        return f"tally_{self.name}_{event.lower()}"

    def changes(self, event: str, vendor: str, *, old: str, new: str) -> list[str]:
        """Return the changes of an event; `old` and `new` name its rows."""
        gone = self.change(-1)(old, vendor)
        come = self.change(+1)(new, vendor)
        return {"INSERT": [come], "DELETE": [gone], "UPDATE": [gone, come]}[event]

    def row(self, record: str) -> str:
        """Return a trigger's row, OLD or NEW, as a table."""
        columns = (f"{record}.{name} AS {name}" for name in dict.fromkeys([self.job_id, *self.deciding]))
        return f"(SELECT {', '.join(columns)})"

    def when_moved(self, differs: str) -> str:
        return "WHEN (" + " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in self.deciding) + ")"


WATCHED = (
    Watched(
        "job",
        "jobs_job",
        ("user_id", "task", "song_type", "status", "vocal_language", "created_at"),
        _job_change,
        "id",
    ),
    Watched("tag", "jobs_jobtag", ("job_id", "kind", "value"), _tag_change, "job_id"),
    Watched("reaction", "library_reaction", ("job_id", "user_id", "value"), _reaction_change, "job_id"),
)
TRIGGERS = (*(watched.trigger(event) for watched in WATCHED for event in EVENTS), "tally_user_delete")


# SQLite: a trigger per row, and a view. Inserting into the view changes a cell.


def _sqlite_create() -> Iterator[str]:
    is_cell = " AND ".join(f"{name} = NEW.{name}" for name in CELL_COLUMNS)
    of_cell = ", ".join(f"NEW.{name}" for name in CELL_COLUMNS)
    yield f"CREATE VIEW tally_change AS SELECT {CELL}, count AS delta FROM jobs_jobtally"
    yield f"""
        CREATE TRIGGER tally_change_insert INSTEAD OF INSERT ON tally_change BEGIN
            INSERT INTO jobs_jobtally ({CELL}, count) SELECT {of_cell}, 0
                WHERE NEW.delta > 0 AND NOT EXISTS (SELECT 1 FROM jobs_jobtally WHERE {is_cell});
            UPDATE jobs_jobtally SET count = count + NEW.delta WHERE {is_cell};
            DELETE FROM jobs_jobtally WHERE NEW.delta < 0 AND {is_cell} AND count = 0;
        END"""
    for watched in WATCHED:
        for event in EVENTS:
            yield _sqlite_trigger(watched, event)
    yield """
        CREATE TRIGGER tally_user_delete AFTER DELETE ON accounts_user BEGIN
            DELETE FROM jobs_jobtally WHERE user_id = OLD.id;
        END"""


def _sqlite_trigger(watched: Watched, event: str) -> str:
    columns = f"OF {', '.join(watched.deciding)}" if event == "UPDATE" else ""
    when = watched.when_moved("IS NOT") if event == "UPDATE" else ""
    changes = watched.changes(event, "sqlite", old=watched.row("OLD"), new=watched.row("NEW"))
    body = "".join(f"INSERT INTO tally_change ({CELL}, delta) {change}; " for change in changes)
    return f"""
        CREATE TRIGGER {watched.trigger(event)} AFTER {event} {columns} ON {watched.table} {when}
        BEGIN {body} END"""


def _sqlite_drop() -> Iterator[str]:
    yield from (f"DROP TRIGGER IF EXISTS {name}" for name in (*TRIGGERS, "tally_change_insert"))
    yield "DROP VIEW IF EXISTS tally_change"


# PostgreSQL: a trigger per statement where possible, so that thousands of rows change a cell once. UPDATE
# needs one per row, because only those support WHEN.


def _postgresql_create() -> Iterator[str]:
    yield "ALTER TABLE jobs_jobtally SET (fillfactor = 50)"  # leaves room for in-place updates of counts
    yield _postgresql_change()
    for watched in WATCHED:
        for event in EVENTS:
            yield from _postgresql_trigger(watched, event)
    yield _postgresql_function("tally_user_delete", "DELETE FROM jobs_jobtally WHERE user_id = OLD.id;")
    yield """
        CREATE TRIGGER tally_user_delete AFTER DELETE ON accounts_user
        FOR EACH ROW EXECUTE FUNCTION tally_user_delete()"""


def _postgresql_change() -> str:
    """Return the function that changes one cell. It merges those of the cell's rows that no other transaction
    has locked."""
    types = {name: "bigint" if name == "user_id" else "text" for name in CELL_COLUMNS}
    parameters = ", ".join(f"of_{name} {kind}" for name, kind in types.items())
    of_cell = ", ".join(f"of_{name}" for name in CELL_COLUMNS)
    is_cell = " AND ".join(f"{name} = of_{name}" for name in CELL_COLUMNS)
    return f"""
        CREATE FUNCTION tally_change({parameters}, delta bigint) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            free bigint[];
            total bigint;
        BEGIN
            SELECT array_agg(id), sum(count) + delta INTO free, total FROM
                (SELECT id, count FROM jobs_jobtally WHERE {is_cell} FOR UPDATE SKIP LOCKED) AS rows;
            IF free IS NULL THEN
                INSERT INTO jobs_jobtally ({CELL}, count) VALUES ({of_cell}, delta);
            ELSIF total = 0 THEN
                DELETE FROM jobs_jobtally WHERE id = ANY (free);
            ELSE
                UPDATE jobs_jobtally SET count = total WHERE id = free[1];
                IF array_length(free, 1) > 1 THEN
                    DELETE FROM jobs_jobtally WHERE id = ANY (free[2:]);
                END IF;
            END IF;
        END $$"""


def _postgresql_trigger(watched: Watched, event: str) -> Iterator[str]:
    name = watched.trigger(event)
    if event == "UPDATE":
        old, new = watched.row("OLD"), watched.row("NEW")
        on = f"UPDATE OF {', '.join(watched.deciding)} ON {watched.table}"
        each = f"ROW {watched.when_moved('IS DISTINCT FROM')}"
    else:
        old = new = "changed_rows"
        side = "NEW" if event == "INSERT" else "OLD"
        on = f"{event} ON {watched.table} REFERENCING {side} TABLE AS changed_rows"
        each = "STATEMENT"
    changes = " UNION ALL ".join(watched.changes(event, "postgresql", old=old, new=new))
    of_cell = ", ".join(f"cell.{column}" for column in CELL_COLUMNS)
    body = f"""
        PERFORM tally_change({of_cell}, cell.delta) FROM (
            SELECT {CELL}, sum(delta)::bigint AS delta FROM ({changes}) AS changes
            GROUP BY {CELL} HAVING sum(delta) <> 0
        ) AS cell;"""
    yield _postgresql_function(name, _lock(watched, old, new) + body)
    yield f"CREATE TRIGGER {name} AFTER {on} FOR EACH {each} EXECUTE FUNCTION {name}()"


def _lock(watched: Watched, old: str, new: str) -> str:
    """Lock the jobs before they are read, always in the same order. A changed job is locked already."""
    if watched.job_id == "id":
        return ""
    ids = " UNION ".join(f"SELECT job_id FROM {rows} AS rows" for rows in dict.fromkeys([old, new]))
    return f"PERFORM 1 FROM jobs_job WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE;"


def _postgresql_function(name: str, body: str) -> str:
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {body}
            RETURN NULL;
        END $$"""


def _postgresql_drop() -> Iterator[str]:
    yield from (f"DROP FUNCTION IF EXISTS {name} CASCADE" for name in (*TRIGGERS, "tally_change"))


CREATE = {"sqlite": _sqlite_create, "postgresql": _postgresql_create}
DROP = {"sqlite": _sqlite_drop, "postgresql": _postgresql_drop}


create_triggers, drop_triggers, triggers_replace = trigger_functions(CREATE, DROP)
