"""Repeats the same HTTP requests to a running server and measures their times."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, NamedTuple

WARM_UPS = 10  # each thread of the server opens its own database connection


@dataclass(frozen=True)
class Call:
    """One kind of request. Its paths take turns, so no response comes only from a cache."""

    name: str
    paths: Sequence[str]
    method: str = "GET"
    body: dict[str, Any] | None = None

    @property
    def writes(self) -> bool:
        return self.method != "GET"


class Timing(NamedTuple):
    p50_ms: float
    p95_ms: float

    @classmethod
    def of(cls, times_s: Sequence[float]) -> Timing:
        ranked = sorted(times_s)
        return cls(1000 * ranked[len(ranked) // 2], 1000 * ranked[int(len(ranked) * 0.95)])


class Client:
    """A client with one keep-alive connection."""

    def __init__(self, port: int, key: str, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = headers or {"X-API-Key": key, "Content-Type": "application/json"}

    def ask(self, call: Call, path: str) -> bytes:
        """Return the response's body. Raises RuntimeError unless the status is 200."""
        body = None if call.body is None else json.dumps(call.body)
        self.connection.request(call.method, path, body=body, headers=self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{call.method} {path}: expected 200, got {answer.status}: {content[:300]!r}")
        return content

    def time(self, call: Call, paths: Iterator[str], requests: int, seconds: float) -> list[float]:
        """Return the seconds of each of at most `requests` requests, stopping after `seconds`."""
        times_s: list[float] = []
        end = time.perf_counter() + seconds
        while len(times_s) < requests and (time.perf_counter() < end or len(times_s) < 5):
            path = next(paths)
            start = time.perf_counter()
            self.ask(call, path)
            times_s.append(time.perf_counter() - start)
        return times_s

    def close(self) -> None:
        self.connection.close()


class _Turns:
    """An endless cycle of paths that several threads can share."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths, self.lock = cycle(paths), threading.Lock()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self.lock:
            return next(self.paths)


class Load:
    """Measures a call's time under load: `Load(port, key).measure(call, clients=8)`.

    `headers` are sent instead of the key.
    """

    def __init__(
        self,
        port: int,
        key: str,
        *,
        requests: int = 200,
        seconds: float = 5.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.port, self.key, self.headers = port, key, headers
        self.requests, self.seconds = requests, seconds

    def measure(self, call: Call, *, clients: int) -> Timing:
        paths = _Turns(call.paths)
        times_s: list[float] = []
        failures: list[BaseException] = []

        def work() -> None:
            client = Client(self.port, self.key, self.headers)
            try:
                client.time(call, paths, WARM_UPS, self.seconds)
                times_s.extend(client.time(call, paths, max(10, self.requests // clients), self.seconds))
            except BaseException as error:
                failures.append(error)
            finally:
                client.close()

        threads = [threading.Thread(target=work) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        return Timing.of(times_s)
