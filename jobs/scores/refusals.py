"""Reasons why a score is not written, revised or recorded, each with a sentence and a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from jobs.specs.refusals import JobRefused

ScoreCode = Literal[
    "NOT_FOUND", "NO_SCORE", "INVALID_SCORE", "REVISE_FAILED", "REVISE_TARGET_NOT_FOUND", "REVISE_IN_FLIGHT",
    "SCORE_ALREADY_RECORDING",
]  # fmt: skip
STATUSES: dict[ScoreCode, int] = {
    "NOT_FOUND": 404, "NO_SCORE": 404, "INVALID_SCORE": 422, "REVISE_FAILED": 422,
    "REVISE_TARGET_NOT_FOUND": 422, "REVISE_IN_FLIGHT": 409, "SCORE_ALREADY_RECORDING": 409,
}  # fmt: skip


class ScoreRefused(JobRefused):
    """A refusal of a score request. `facts`: additional data for programs."""

    def __init__(self, code: ScoreCode, message: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code: ScoreCode = code
        self.status = STATUSES[code]
        self.facts = dict(facts or {})


def score_missing(job_id: int) -> ScoreRefused:
    return ScoreRefused("NO_SCORE", f"Job {job_id} has no score.")


def job_missing() -> ScoreRefused:
    return ScoreRefused("NOT_FOUND", "Music job not found.")
