"""Hashing a password is slow on purpose: half a second of a core. So only a few are hashed at once.

A caller who comes while all places are taken waits a little, and is refused at once where several wait:
a flood of sign-ins must hold neither every core nor every thread that answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from audiomusic.http.exceptions import PasswordsBusy

MAX_WAITING = 2  # of the eight threads of a web process
WAIT_S = 3.0


class HashingSlots:
    """So many at once, and a few that wait, in this process."""

    def __init__(self, at_once: int, max_waiting: int = MAX_WAITING, wait_s: float = WAIT_S) -> None:
        self._computing = BoundedSemaphore(at_once)
        self._inside = BoundedSemaphore(at_once + max_waiting)
        self._wait_s = wait_s

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Raises PasswordsBusy where none becomes free in time."""
        if not self._inside.acquire(blocking=False):
            raise PasswordsBusy
        try:
            if not self._computing.acquire(timeout=self._wait_s):
                raise PasswordsBusy
            try:
                yield
            finally:
                self._computing.release()
        finally:
            self._inside.release()


slots = HashingSlots(int(settings.PASSWORD_HASHES) if settings.PASSWORD_HASHES.isdecimal() else 1)


class BoundedPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """Django's usual one, in its turn. Checking a password computes its hash too, known name or not."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with slots.slot():
            encoded: str = super().encode(password, salt, iterations)
        return encoded
