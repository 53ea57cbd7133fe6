"""Queries for a user's score-first jobs."""

from __future__ import annotations

from audiomusic.accounts.models import User
from jobs.models import Job
from jobs.scores.refusals import job_missing
from jobs.specs.score_tasks import SCORE_TASKS, WORKFLOWS

MOST_VERSIONS = 2000  # of one song: the limit of a list of versions


def score_jobs(
    *,
    user: User,
    workflow: str | None = None,
    source_job_id: int | None = None,
    skip: int = 0,
    limit: int = 50,
) -> tuple[list[Job], int]:
    """Return a page, newest first, and the total count. `source_job_id`: only jobs made from that job,
    directly or indirectly."""
    tasks = [task for task, name in WORKFLOWS.items() if workflow in (None, name)]
    jobs = Job.objects.of_user(user).filter(task__in=tasks)
    if source_job_id is not None:
        jobs = jobs.filter(id__in=_descendants(user, source_job_id))
    return list(jobs.order_by("-created_at", "-id")[skip : skip + limit]), jobs.count()


def _descendants(user: User, job_id: int) -> list[int]:
    found: list[int] = []
    generation = [job_id]
    while generation and len(found) < MOST_VERSIONS:
        mine = Job.objects.of_user(user).filter(source_job__in=generation, task__in=SCORE_TASKS)
        generation = list(mine.order_by("id").values_list("id", flat=True)[:MOST_VERSIONS])
        found += generation
    return found


def score_job(*, user: User, job_id: int) -> Job:
    """Return any job of the user, however it was requested. Raises ScoreRefused."""
    job = Job.objects.of_user(user).filter(id=job_id).first()
    if job is None:
        raise job_missing()
    return job
