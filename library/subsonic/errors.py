"""Errors of the protocol: a code for players and a message for people."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    GENERIC = 0
    PARAMETER_MISSING = 10
    WRONG_CREDENTIALS = 40
    CONFLICTING_CREDENTIALS = 43
    BAD_KEY = 44
    NOT_AUTHORIZED = 50
    NOT_FOUND = 70


class SubsonicError(Exception):
    """An error in the protocol's own format. `wait_s`: sent as HTTP 429 with this delay. `is_sign_in`: refers
    to the account page for help."""

    def __init__(
        self, code: Code, sentence: str, *, wait_s: int | None = None, is_sign_in: bool = False
    ) -> None:
        super().__init__(sentence)
        self.code, self.wait_s, self.is_sign_in = code, wait_s, is_sign_in


def missing(name: str) -> SubsonicError:
    return SubsonicError(Code.PARAMETER_MISSING, f"Expected the parameter {name}, got none.")


def not_found(what: str) -> SubsonicError:
    return SubsonicError(Code.NOT_FOUND, f"There is no such {what}.")


def invalid(name: str, expected: str, got: str) -> SubsonicError:
    return SubsonicError(Code.GENERIC, f"{name}: Expected {expected}, got {got[:60]!r}.")
