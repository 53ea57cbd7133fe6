"""Sort expressions for lists of jobs, where the two databases would sort differently. Each has an index
(Job.Meta); a query only uses the index if its expression is exactly the same.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.sql.compiler import SQLCompiler


class CodePoints(models.Func):
    """A text sorted by code points, whatever the database's collation is. An early migration uses it; names
    are sorted by audiomusic.db.name_keys.
    """

    template = "%(expressions)s"
    output_field = models.CharField()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


class NoneFirst(models.Func):
    """A number from 0 up, with null sorted below all of them."""

    template = "COALESCE(%(expressions)s, -1)"
    output_field = models.FloatField()


class NoneLast(models.Func):
    """A number, with null sorted above all of them."""

    template = "COALESCE(%(expressions)s, 1e300)"
    output_field = models.FloatField()


class Unindexed(models.Func):
    """A column for whose condition SQLite must not choose an index.

    SQLite has no statistics here and rates an index that finds two jobs like one that finds a hundred
    thousand; the counts tell us which is better. PostgreSQL knows by itself.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)
