"""The database side of search: the indexes over SearchDocument, and the triggers that maintain it.

A new job, or one whose texts change, leaves its SearchDocument stale in the same transaction, whatever wrote
it; jobs.search.documents then normalizes it, because only Python does so the same everywhere. From there on
it is SQL alone.

SQLite drops a table's triggers together with the table, and a migration that alters a column recreates the
table: `audiomusic.db.triggers` restores the triggers afterwards. A table that triggers of other tables read
cannot be recreated while they exist, so a migration of such a table runs `drop_triggers` first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from audiomusic.db.triggers import run_statements

#: SearchDocument.id is the user's id, followed by this many bits for the job's: one user's rows are adjacent,
#: in the tables and in the full-text index.
JOB_BITS = 40
USER_SHIFT = 20


def of_user(word: int, user_id: int) -> int:
    """Return a word's id in the texts of one user. It differs per user, so that the index leads to that
    user's texts only."""
    return word ^ (user_id << USER_SHIFT)


_TEXTS = ("display_name", "prompt", "lyrics")
_TAGS = ("own_tags", "removed_tags")
TRIGGERS = ("text_job_insert", "text_job_update", "text_job_delete")
#: On SQLite triggers maintain the full-text index too.
INDEX_TRIGGERS = ("text_index_insert", "text_index_update", "text_index_delete")

# SQLite: FTS5 with trigrams, which finds any text of three or more letters without reading the rows. It reads
# the texts from jobs_jobtext itself for its integrity check (`doctor`).

_SQLITE_INDEX = (
    """
    CREATE VIRTUAL TABLE jobs_textindex USING fts5(
        body, content='jobs_jobtext', content_rowid='id', columnsize=0, tokenize='trigram case_sensitive 1'
    )""",
    # Memory to collect before writing, enough for a batch of texts; and how many index segments to keep
    # before merging: fewer would be merged more often.
    f"INSERT INTO jobs_textindex (jobs_textindex, rank) VALUES ('hashsize', {64 * 2**20})",
    "INSERT INTO jobs_textindex (jobs_textindex, rank) VALUES ('automerge', 8)",
    "CREATE VIRTUAL TABLE jobs_texttrigram USING fts5vocab(jobs_textindex, row)",
)
_SQLITE_INDEX_TRIGGERS = (
    """
    CREATE TRIGGER text_index_insert AFTER INSERT ON jobs_jobtext WHEN NEW.body <> '' BEGIN
        INSERT INTO jobs_textindex (rowid, body) VALUES (NEW.id, NEW.body);
    END""",
    """
    CREATE TRIGGER text_index_update AFTER UPDATE OF id, body ON jobs_jobtext
    WHEN OLD.id <> NEW.id OR OLD.body <> NEW.body BEGIN
        INSERT INTO jobs_textindex (jobs_textindex, rowid, body)
            SELECT 'delete', OLD.id, OLD.body WHERE OLD.body <> '';
        INSERT INTO jobs_textindex (rowid, body) SELECT NEW.id, NEW.body WHERE NEW.body <> '';
    END""",
    """
    CREATE TRIGGER text_index_delete AFTER DELETE ON jobs_jobtext WHEN OLD.body <> '' BEGIN
        INSERT INTO jobs_textindex (jobs_textindex, rowid, body) VALUES ('delete', OLD.id, OLD.body);
    END""",
)

_SQLITE_INDEX_DROP = (
    *(f"DROP TRIGGER IF EXISTS {name}" for name in INDEX_TRIGGERS),
    "DROP TABLE IF EXISTS jobs_texttrigram",
    "DROP TABLE IF EXISTS jobs_textindex",
)

# PostgreSQL: the words of a text as numbers, so that the index alone tells which texts hold a word; and all
# words with a trigram index, to find those that hold a term. A trigram index of the texts would have to read
# each text it finds. A count reads the table itself only for pages changed since the last vacuum, so vacuum
# runs often.

_POSTGRESQL_INDEX = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """
    ALTER TABLE jobs_jobtext SET (
        autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02
    )""",
    "ALTER TABLE jobs_jobtext ADD COLUMN words bigint[] NOT NULL DEFAULT '{}'",
    "CREATE INDEX text_words ON jobs_jobtext USING gin (words) WITH (gin_pending_list_limit = 1024)",
    "CREATE TABLE jobs_textword (id bigint PRIMARY KEY, word text NOT NULL)",
    "CREATE INDEX text_word_trigrams ON jobs_textword USING gin (word gin_trgm_ops)",
)
_POSTGRESQL_INDEX_DROP = (
    "DROP TABLE IF EXISTS jobs_textword",
    "ALTER TABLE jobs_jobtext DROP COLUMN IF EXISTS words",
)


class _Deciding(NamedTuple):
    """The columns whose change makes a text stale, and JSON columns of which only a part does."""

    columns: tuple[str, ...]
    json_columns: tuple[str, ...] = ()

    def changed(self, differ: str, part: str) -> str:
        """Return the condition in SQL. `differ`: the operator for nullable values; `part`: the part of a JSON
        column, which replaces {}."""
        values = [*self.columns, *(part.format("{}." + name) for name in self.json_columns)]
        rows = [value if "{}" in value else "{}." + value for value in values]
        return " OR ".join(f"{row.format('OLD')} {differ} {row.format('NEW')}" for row in rows)

    @property
    def names(self) -> str:
        return ", ".join((*self.columns, *self.json_columns))


#: The first migration created triggers of a table that had no tags yet.
_DECIDING_AT_FIRST = _Deciding(("id", "user_id", *_TEXTS))
_DECIDING = _Deciding(("id", "user_id", *_TEXTS, *_TAGS), ("effective",))


def _sqlite_triggers(deciding: _Deciding = _DECIDING) -> list[str]:
    changed = deciding.changed("IS NOT", "json_extract({}, '$.genres')")
    return [
        f"""
        CREATE TRIGGER text_job_insert AFTER INSERT ON jobs_job BEGIN
            INSERT INTO jobs_jobtext (id, body, is_stale) VALUES ({_key("NEW")}, '', 1);
        END""",
        f"""
        CREATE TRIGGER text_job_update AFTER UPDATE OF {deciding.names} ON jobs_job
        WHEN {changed} BEGIN
            UPDATE jobs_jobtext SET id = {_key("NEW")}, is_stale = 1 WHERE id = {_key("OLD")};
        END""",
        f"""
        CREATE TRIGGER text_job_delete AFTER DELETE ON jobs_job BEGIN
            DELETE FROM jobs_jobtext WHERE id = {_key("OLD")};
        END""",
    ]


def _postgresql_triggers(deciding: _Deciding = _DECIDING) -> list[str]:
    changed = deciding.changed("IS DISTINCT FROM", "({} -> 'genres')")
    all_come = f"SELECT {_key('job')}, '', true FROM changed_jobs AS job"
    all_gone = f"SELECT {_key('job')} FROM changed_jobs AS job"
    return [
        _function("text_job_insert", f"INSERT INTO jobs_jobtext (id, body, is_stale) {all_come}"),
        """
        CREATE TRIGGER text_job_insert AFTER INSERT ON jobs_job REFERENCING NEW TABLE AS changed_jobs
        FOR EACH STATEMENT EXECUTE FUNCTION text_job_insert()""",
        _function(
            "text_job_update",
            f"UPDATE jobs_jobtext SET id = {_key('NEW')}, is_stale = true,"
            " words = CASE WHEN NEW.user_id = OLD.user_id THEN words ELSE '{}' END"
            f" WHERE id = {_key('OLD')}",
        ),
        f"""
        CREATE TRIGGER text_job_update AFTER UPDATE OF {deciding.names} ON jobs_job
        FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION text_job_update()""",
        _function("text_job_delete", f"DELETE FROM jobs_jobtext WHERE id IN ({all_gone})"),
        """
        CREATE TRIGGER text_job_delete AFTER DELETE ON jobs_job REFERENCING OLD TABLE AS changed_jobs
        FOR EACH STATEMENT EXECUTE FUNCTION text_job_delete()""",
    ]


def _key(job: str) -> str:
    return f"(({job}.user_id << {JOB_BITS}) + {job}.id)"


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
    )


ADD_MISSING_TEXTS = f"""
    INSERT INTO jobs_jobtext (id, body, is_stale)
    SELECT {_key("job")}, '', true FROM jobs_job AS job WHERE true ON CONFLICT DO NOTHING"""
DELETE_ORPHANED_TEXTS = f"""
    DELETE FROM jobs_jobtext WHERE id NOT IN (SELECT {_key("job")} FROM jobs_job AS job)"""

_INDEX = {"sqlite": (*_SQLITE_INDEX, *_SQLITE_INDEX_TRIGGERS), "postgresql": _POSTGRESQL_INDEX}
_INDEX_DROP = {"sqlite": _SQLITE_INDEX_DROP, "postgresql": _POSTGRESQL_INDEX_DROP}
_CREATE = {"sqlite": _sqlite_triggers, "postgresql": _postgresql_triggers}
_DROP = {"sqlite": "DROP TRIGGER IF EXISTS {}", "postgresql": "DROP FUNCTION IF EXISTS {} CASCADE"}


def create_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the indexes; for migrations.RunPython."""
    run_statements(editor.connection, _INDEX[editor.connection.vendor])


def drop_index(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the indexes; for migrations.RunPython."""
    run_statements(editor.connection, _INDEX_DROP[editor.connection.vendor])


def create_first_triggers(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers for jobs without own tags, and stale texts for existing jobs; for
    migrations.RunPython."""
    run_statements(editor.connection, _CREATE[editor.connection.vendor](_DECIDING_AT_FIRST))
    run_statements(editor.connection, [ADD_MISSING_TEXTS])


def create_triggers(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers, and stale texts for existing jobs; for migrations.RunPython."""
    run_statements(editor.connection, _CREATE[editor.connection.vendor]())
    run_statements(editor.connection, [ADD_MISSING_TEXTS])


def drop_triggers(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers; for migrations.RunPython."""
    run_statements(editor.connection, [_DROP[editor.connection.vendor].format(name) for name in TRIGGERS])


def triggers_replace(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers that exist and create all of them, including those of the full-text index."""
    run_statements(connection, [_DROP[connection.vendor].format(name) for name in TRIGGERS])
    run_statements(connection, _CREATE[connection.vendor]())
    if connection.vendor == "sqlite":
        run_statements(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in INDEX_TRIGGERS])
        run_statements(connection, _SQLITE_INDEX_TRIGGERS)


def index_rebuild(connection: BaseDatabaseWrapper) -> None:
    """Rebuild the full-text index from the texts. PostgreSQL's indexes cannot fall behind."""
    if connection.vendor == "sqlite":
        run_statements(connection, ["INSERT INTO jobs_textindex (jobs_textindex) VALUES ('rebuild')"])
