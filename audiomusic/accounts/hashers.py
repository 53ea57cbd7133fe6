"""Limits how many passwords are hashed at once.

Hashing a password is slow on purpose: half a second of a core. If all slots are taken, a caller waits a
little; if several are already waiting, it is refused immediately. A flood of sign-ins must not occupy every
core or every request thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from audiomusic.http.exceptions import PasswordsBusy

MAX_WAITING = 2  # of a web process's eight threads
WAIT_S = 3.0


class HashingSlots:
    """Limits hashing in this process to `at_once` callers and a few that wait."""

    def __init__(self, at_once: int, max_waiting: int = MAX_WAITING, wait_s: float = WAIT_S) -> None:
        self._computing = BoundedSemaphore(at_once)
        self._inside = BoundedSemaphore(at_once + max_waiting)
        self._wait_s = wait_s

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Occupy a slot. Raises PasswordsBusy if none becomes free in time."""
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
    """Django's default hasher, limited by slots. Checking a password computes a hash too, whether the name is
    known or not."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with slots.slot():
            encoded: str = super().encode(password, salt, iterations)
        return encoded
