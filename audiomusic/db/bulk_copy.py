"""Bulk inserts of tens of thousands of rows without the ORM: COPY on PostgreSQL, one statement on SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _as_it_is(value: Any) -> Any:
    return value


def _json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


class BulkTable:
    """A model's table for bulk inserts; columns that a row omits get their default."""

    def __init__(self, model: type[models.Model], *, with_id: bool = False) -> None:
        self.table = model._meta.db_table
        fields = [field for field in model._meta.local_concrete_fields if with_id or not field.primary_key]
        self.defaults = {field.attname: field.get_default() for field in fields}
        self.columns = [field.column for field in fields]
        self.adapters = [(field.attname, self._adapter(field)) for field in fields]

    def _adapter(self, field: models.Field[Any, Any]) -> Callable[[Any], Any]:
        if isinstance(field, models.JSONField):
            return _json_text
        if isinstance(field, models.DateTimeField):
            return connection.ops.adapt_datetimefield_value
        if isinstance(field, models.CharField | models.TextField):
            return _text  # a TextChoices member becomes its value
        return _as_it_is

    def reserve_ids(self, count: int) -> Sequence[int]:
        """Reserve `count` IDs that no one else gets. Call it inside a transaction."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                draw = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
                cursor.execute(draw, [self.table, count])
                return [int(id) for (id,) in cursor.fetchall()]
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.table])
            (last,) = cursor.fetchone() or (0,)
            return range(last + 1, last + 1 + count)

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        values = (self._values(row) for row in rows)
        names = ", ".join(connection.ops.quote_name(column) for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.table} ({names}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * len(self.columns))
                cursor.executemany(f"INSERT INTO {self.table} ({names}) VALUES ({places})", list(values))

    def _values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        whole = {**self.defaults, **row}
        return tuple(adapt(whole[name]) for name, adapt in self.adapters)
