"""By what a list of jobs can be sorted, where the two databases would sort differently by themselves.

Each is indexed (Job.Meta); a query uses the index only when it says exactly the same."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.sql.compiler import SQLCompiler


class CodePoints(models.Func):
    """A text in the order of its code points, whatever the database's language is. An early migration names
    it; names are sorted by audiomusic.db.name_keys."""

    template = "%(expressions)s"
    output_field = models.CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


class NoneFirst(models.Func):
    """A number from 0 up, with "none" below all of them."""

    template = "COALESCE(%(expressions)s, -1)"
    output_field = models.FloatField()


class NoneLast(models.Func):
    """A number with "none" above all of them."""

    template = "COALESCE(%(expressions)s, 1e300)"
    output_field = models.FloatField()


class Unindexed(models.Func):
    """A column that SQLite must look at in the row: a condition on it never chooses the index.

    SQLite keeps no statistics here and takes an index that finds two jobs for as good as one that
    finds a hundred thousand; we know better, from the counts. PostgreSQL knows by itself."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)
