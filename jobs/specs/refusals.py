"""Why a job is not taken, beyond credits: each says so in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class JobRefused(Exception):
    """A new job, or a failed one that was to be made again, was not taken. Nothing is stored or charged."""


class WaitingLimitReached(JobRefused):
    """The user has as many jobs in line as one may have."""


class SourceNotFound(JobRefused):
    """The song to work on is not the caller's, or there is none of that number or link."""

    def __init__(self) -> None:
        super().__init__("Original music job not found")


class SourceUnfit(JobRefused):
    """There is such a song, but this cannot be done to it. `code` says why to programs; `errors`: which
    parameter asked for what there is not."""

    def __init__(self, message: str, code: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.errors = dict(errors or {})
