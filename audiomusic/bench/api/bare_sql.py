"""The database time of an API call: runs the call's statements again without Django.

    python -m audiomusic.bench.api.bare_sql KEY < calls.json    in the environment of the server

reads a list of calls and prints {name: {"p50_ms": …, "queries": …}}. The writes of a call are rolled back, in
the call and in each repetition.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import django

PATHS = 5  # per call
REPEATS = 10  # per path
TRANSACTION_WORDS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


class RecordedStatement(NamedTuple):
    sql: str
    params: Any
    is_many: bool


class Recorder:
    """Records every statement; for `connection.execute_wrapper`."""

    def __init__(self) -> None:
        self.statements: list[RecordedStatement] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not sql.startswith("BEGIN"):  # its COMMIT does not pass through here
            self.statements.append(RecordedStatement(sql, params, many))
        return execute(sql, params, many, context)

    @property
    def queries(self) -> int:
        """The number of statements that read or write, without savepoints."""
        return sum(not statement.sql.startswith(TRANSACTION_WORDS) for statement in self.statements)


@contextmanager
def rolled_back() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def around(call: dict[str, Any]) -> AbstractContextManager[None]:
    return nullcontext() if call["method"] == "GET" else rolled_back()


def record(call: dict[str, Any], path: str, key: str) -> Recorder:
    """Record the statements of one request in this process. Raises RuntimeError unless its status is 200."""
    from django.db import connection
    from django.test import Client

    recorder = Recorder()
    client = Client(SERVER_NAME="localhost", headers={"X-API-Key": key})
    body = json.dumps(call["body"]) if call["body"] is not None else ""
    with around(call), connection.execute_wrapper(recorder):
        answer = client.generic(call["method"], path, body, content_type="application/json")
    if answer.status_code != 200:
        raise RuntimeError(f"{call['method']} {path}: expected 200, got {answer.status_code}")
    return recorder


def replay_s(call: dict[str, Any], statements: Sequence[RecordedStatement]) -> float:
    """Return the seconds that the driver takes for the statements, including fetching their rows."""
    from django.db import connection

    start = time.perf_counter()
    with around(call), connection.cursor() as cursor:
        for sql, params, is_many in statements:
            bare = cursor.cursor  # the driver's cursor, without Django's wrapper
            arguments = () if params is None else (params,)
            bare.executemany(sql, *arguments) if is_many else bare.execute(sql, *arguments)
            if bare.description:
                bare.fetchall()
    return time.perf_counter() - start


def measure(call: dict[str, Any], key: str) -> dict[str, float]:
    times_s: list[float] = []
    queries = 0
    record(call, call["paths"][0], key)  # fills what is compiled or cached on first use
    for path in call["paths"][:PATHS]:
        recorder = record(call, path, key)
        queries = max(queries, recorder.queries)
        times_s += [replay_s(call, recorder.statements) for _ in range(REPEATS)]
    return {"p50_ms": 1000 * statistics.median(times_s), "queries": queries}


def main(key: str) -> None:
    django.setup()
    calls = json.load(sys.stdin)
    json.dump({call["name"]: measure(call, key) for call in calls}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
