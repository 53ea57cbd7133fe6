"""Reasons to refuse a job, other than credits, each with a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class JobRefused(Exception):
    """A new job, or the retry of a failed one, was refused. Nothing is stored or charged."""


class WaitingLimitReached(JobRefused):
    """The user has reached the limit of waiting jobs."""


class SourceNotFound(JobRefused):
    """The source song does not exist or is not the caller's."""

    def __init__(self) -> None:
        super().__init__("Original music job not found")


class SourceUnfit(JobRefused):
    """The song exists, but this cannot be done to it. `code`: the reason for programs; `errors`: the
    parameters that requested something impossible."""

    def __init__(self, message: str, code: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.errors = dict(errors or {})
