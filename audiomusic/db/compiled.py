"""Queries whose SQL is compiled once.

Building a query's SQL takes Django several times as long as the database takes to answer it. So the few
queries that each client's polling runs are compiled on first use and kept. All others are plain querysets.

Alternatives, on two busy cores, medians in ms on SQLite and PostgreSQL: for a job by its ID, a plain queryset
per call takes 0.87 and 1.64, Django's own `raw()` with kept SQL 0.34 and 0.88, a bare cursor 0.10 and 0.44,
and this 0.08 and 0.52. A page of 50 jobs takes 8.5 and 5.5 with a queryset, and 1.4 and 3.0 with this;
`raw()` does not help there, because it still runs `Model.__init__` for each row. A cache of results (such as
django-cacheops) was not tried: it would have to know of every write, including those of database triggers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState

M = TypeVar("M", bound=models.Model)


class _Compiled(NamedTuple):
    sql: str
    places: list[tuple[int | None, Any]]  # per parameter: (argument's index, None) or (None, constant)
    model: Any
    converters: list[tuple[int, Any, Any]]  # (column, its converters, its expression)
    names: list[str]  # attributes of the model, in column order
    related: Any  # the model selected with it, whose columns follow
    related_names: list[str]
    annotations: list[str]  # whose columns come last


class CompiledQuery(Generic[M]):
    """A compiled query: `job_by_id = CompiledQuery(lambda id: Job.objects.filter(id=id), 1)`, then
    `job_by_id(7)` returns the rows as model instances.

    `build` returns the queryset for the samples, which must differ from each other and from all other values
    in the query, and must appear in it unchanged. `related` names a foreign key that the queryset follows
    with select_related.
    """

    def __init__(
        self, build: Callable[..., models.QuerySet[M]], *samples: Any, related: str | None = None
    ) -> None:
        self.build, self.samples, self.related = build, samples, related

    @cached_property
    def _compiled(self) -> _Compiled:
        query = self.build(*self.samples).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        expressions = [expression for expression, _, _ in compiler.select]
        converters = compiler.get_converters(expressions)
        annotations = list(compiler.annotation_col_map)
        columns = expressions[: len(expressions) - len(annotations)]
        names = [column.target.attname for column in columns]
        model: Any = query.model
        own = sum(column.target.model is model for column in columns)
        related: Any = model._meta.get_field(self.related).related_model if self.related else None
        return _Compiled(
            sql,
            self._places(list(params)),
            model,
            [(index, _quick(found, column), column) for index, (found, column) in converters.items()],
            names[:own],
            related,
            names[own:],
            annotations,
        )

    def _places(self, params: list[Any]) -> list[tuple[int | None, Any]]:
        if not all(sample in params for sample in self.samples):
            raise ValueError(f"a compiled read takes its arguments as they are: {params} != {self.samples}")
        return [
            (self.samples.index(param), None) if param in self.samples else (None, param) for param in params
        ]

    def __call__(self, *arguments: Any) -> list[M]:
        compiled = self._compiled
        return self._read(compiled, compiled.sql, self._params(compiled.places, arguments))

    def _params(self, places: list[tuple[int | None, Any]], arguments: tuple[Any, ...]) -> list[Any]:
        return [constant if index is None else arguments[index] for index, constant in places]

    def _read(self, compiled: _Compiled, sql: str, params: list[Any]) -> list[M]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows = cursor.fetchall()
        return [self._instance(compiled, list(row)) for row in rows]

    def _instance(self, compiled: _Compiled, row: list[Any]) -> M:
        for index, converters, column in compiled.converters:
            for convert in converters:
                row[index] = convert(row[index], column, connection)
        instance: M = _stored(compiled.model, compiled.names, row)
        own, every = len(compiled.names), len(compiled.names) + len(compiled.related_names)
        if compiled.related is not None:
            setattr(
                instance, self.related or "", _stored(compiled.related, compiled.related_names, row[own:])
            )
        for name, value in zip(compiled.annotations, row[every:], strict=True):
            setattr(instance, name, value)
        return instance


def _stored(model: Any, names: list[str], values: list[Any]) -> Any:
    """Return an instance as Model.from_db does, but without Model.__init__, which checks each field and sends
    two signals: 50 jobs with their takes take 2 ms that way.
    """
    instance = model.__new__(model)
    instance._state = ModelState()
    instance._state.adding = False
    instance._state.db = DEFAULT_DB_ALIAS
    instance.__dict__.update(zip(names, values, strict=False))  # the columns of the related model follow
    return instance


def _quick(converters: list[Any], column: Any) -> list[Any]:
    is_json = type(getattr(column, "target", None)) is models.JSONField
    return [_read_json] if is_json else converters


def _read_json(value: str | None, expression: Any, connection: Any) -> Any:
    """Read a JSONField's value like JSONField.from_db_value, but with orjson."""
    return None if value is None else orjson.loads(value)


class CompiledPage(CompiledQuery[M]):
    """A compiled query that returns one page. `build` slices the queryset (or the subquery that selects its
    rows) by CompiledPage.WINDOW, and `read` takes the actual window: `page.read(7, start=100, stop=150)`.
    """

    WINDOW = slice(3_999_999_900, 4_000_000_000)
    _CLAUSE = f"LIMIT {WINDOW.stop - WINDOW.start} OFFSET {WINDOW.start}"

    @cached_property
    def _pieces(self) -> tuple[str, str, int]:
        """The SQL before and after the numbers of the window, and the number of parameters before them."""
        before, clause, after = self._compiled.sql.partition(self._CLAUSE)
        if not clause:
            raise ValueError(f"a compiled page cuts its query by the window, but this one does not: {before}")
        return before, after, before.count("%s")

    def read(self, *arguments: Any, start: int, stop: int) -> list[M]:
        before, after, place = self._pieces
        params = self._params(self._compiled.places, arguments)
        sql = f"{before}LIMIT %s OFFSET %s{after}"
        return self._read(self._compiled, sql, [*params[:place], stop - start, start, *params[place:]])
