"""The tasks that begin with a written score: which make sound, their names for clients, and their prices."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.accounts.credits.pricing import credits_for
from audiomusic.engines.base import MAX_DURATION_S
from jobs.models import Job, Task

#: Jobs of these tasks end with a score and no sound.
SILENT_TASKS = (Task.PLAN, Task.REVISE)
RECORDING_TASKS = (Task.RECORD, Task.SCORE_SONG)
SCORE_TASKS = (*SILENT_TASKS, *RECORDING_TASKS)

#: Their names in the score-first API.
WORKFLOWS: dict[str, str] = {
    Task.PLAN: "plan", Task.REVISE: "revise", Task.RECORD: "edit", Task.SCORE_SONG: "generate",
}  # fmt: skip

SCORE_PRICE_S = 10.0  # a written score costs as much as this much audio
LEAST_RECORDED_S = 15.0


def is_silent(job: Job) -> bool:
    return job.task in SILENT_TASKS


def score_credits() -> int:
    """Return the price of writing or revising a score of any length."""
    return credits_for(SCORE_PRICE_S)


def record_credits(duration_s: float) -> int:
    return credits_for(min(MAX_DURATION_S, max(LEAST_RECORDED_S, duration_s)))


def cost_of_takes(task: str, durations_s: Sequence[float]) -> int:
    """Return the price of a finished job."""
    if task in SILENT_TASKS:
        return score_credits()
    if task in RECORDING_TASKS:
        written = score_credits() if task == Task.SCORE_SONG else 0
        return written + sum(record_credits(duration_s) for duration_s in durations_s)
    return sum(credits_for(duration_s) for duration_s in durations_s)
