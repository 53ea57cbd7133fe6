"""Audio in a bucket that may stop answering.

The client gives each call up in time (`AUDIOMUSIC_S3_TIMEOUT_S`). But deleting a song is a dozen calls, and
many threads call at once, so one that waited in vain tells the others: for a while they are refused on
the spot, and then one of them tries again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from storages.backends.s3 import S3Storage

REST_S = 5.0  # a silent bucket is left alone for so long
OUTCOME_S = 2.0  # a caller that has a file to keep hears how the one that tries again fares, for so long


class CircuitOpen(Exception):
    """The bucket was asked and did not answer, now or a moment ago."""


class CircuitBreaker:
    """What the threads of a process know of a bucket that does not answer."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_silent = False
        self._ask_again_at = 0.0

    def take_turn(self, *, wait_s: float = 0.0) -> bool:
        """Whether to ask the bucket. False: it is silent, it is not yet time to try again or another
        tries just now, and so it stayed for `wait_s`."""
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
    """django-storages' bucket, except that nobody waits long for it. Methods raise CircuitOpen besides."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.silence = CircuitBreaker()

    @contextmanager
    def _asked(self, *, wait_s: float = 0.0) -> Iterator[None]:
        """A call that failed late and without an answer did so for want of one, whatever the client calls
        that."""
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
        """A file to be kept took minutes to make: it waits for the next try."""
        with self._asked(wait_s=REST_S + OUTCOME_S):
            return super()._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        """The file with its content, which django-storages would fetch at the first look."""
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
