"""Indexes of which the two databases need different columns."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class CoveringOnSqlite(models.Index):
    """An index that on SQLite holds further columns, `covers`, so that a sum is read from it alone: else
    each row is looked up, which takes eight times as long. Not on PostgreSQL, where rows lie close
    together and an index over what changes all the time makes each change dearer."""

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
