"""Indexes that need different columns on the two databases."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class CoveringOnSqlite(models.Index):
    """An index with further columns on SQLite, `covers`, so a sum reads only the index: looking up each row
    takes eight times as long. Not on PostgreSQL, where rows lie close together, and where an index on columns
    that often change makes each update more expensive.
    """

    def __init__(self, *, covers: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(**options)
        self.covers = tuple(covers)

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kw: Any
    ) -> Any:
        if schema_editor.connection.vendor != "sqlite":
            return super().create_sql(model, schema_editor, using, **kw)
        whole = models.Index(fields=[*self.fields, *self.covers], name=self.name)
        return whole.create_sql(model, schema_editor, using, **kw)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"covers": self.covers}
