"""Audio in a bucket that may stop responding.

The client limits the time of each call (`AUDIOMUSIC_S3_TIMEOUT_S`). But deleting a song takes a dozen calls,
and many threads call at once, so a thread that timed out tells the others: for a while their calls are
refused at once, and then one of them tries again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from storages.backends.s3 import S3Storage

REST_S = 5.0  # how long an unresponsive bucket is left alone
OUTCOME_S = 2.0  # how long a caller with a file to store waits for the outcome of another's retry


class CircuitOpen(Exception):
    """The bucket did not respond, now or a moment ago."""


class CircuitBreaker:
    """What the threads of a process know about an unresponsive bucket."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_silent = False
        self._ask_again_at = 0.0

    def take_turn(self, *, wait_s: float = 0.0) -> bool:
        """Whether to call the bucket. Return False if it is unresponsive and it is too early to retry, or
        another thread is retrying, and that stayed so for `wait_s`."""
        until = time.monotonic() + wait_s
        with self._changed:
            while self._is_silent:
                now = time.monotonic()
                if now >= self._ask_again_at:
                    self._ask_again_at = now + REST_S
                    return True
                if now >= until:
                    return False
                self._changed.wait(min(until, self._ask_again_at) - now)
            return True

    def note(self, *, is_silent: bool) -> None:
        with self._changed:
            self._is_silent = is_silent
            self._ask_again_at = time.monotonic() + REST_S
            self._changed.notify_all()


class S3StorageWithBreaker(S3Storage):  # type: ignore[misc]
    """django-storages' bucket, without long waits. Methods may also raise CircuitOpen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.silence = CircuitBreaker()

    @contextmanager
    def _asked(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """Guard a call. A call that failed late and without a response counts as a timeout, whatever error
        the client reports."""
        patience_s: float = self.client_config.read_timeout
        message = f"The bucket {self.bucket_name} did not respond within {patience_s:g} s."
        if not self.silence.take_turn(wait_s=wait_s):
            raise CircuitOpen(message)
        self.connection  # noqa: B018  (a thread's first one takes a while to be made)
        asked_at = time.monotonic()
        try:
            yield
        except Exception as error:
            is_answer = isinstance(error, (ClientError, FileNotFoundError))
            is_silent = not is_answer and time.monotonic() - asked_at >= patience_s
            self.silence.note(is_silent=is_silent)
            if is_silent:
                raise CircuitOpen(message) from error
            raise
        self.silence.note(is_silent=False)

    def _save(self, name: str, content: Any) -> Any:
        """Store a file, waiting for the next retry: it took minutes to make."""
        with self._asked(wait_s=REST_S + OUTCOME_S):
            return super()._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        """Open the file with its content, which django-storages would fetch on first access."""
        with self._asked():
            opened = super()._open(name, mode)
            if "r" in mode:
                opened.file  # noqa: B018
            return opened

    def delete(self, name: str) -> None:
        with self._asked():
            super().delete(name)

    def exists(self, name: str) -> Any:
        with self._asked():
            return super().exists(name)

    def listdir(self, name: str) -> Any:
        with self._asked():
            return super().listdir(name)

    def size(self, name: str) -> Any:
        with self._asked():
            return super().size(name)

    def get_modified_time(self, name: str) -> Any:
        with self._asked():
            return super().get_modified_time(name)
