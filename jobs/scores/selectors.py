"""Which jobs of score-first music somebody has."""

from __future__ import annotations

from audiomusic.accounts.models import User
from jobs.models import Job
from jobs.scores.refusals import job_missing
from jobs.specs.score_tasks import SCORE_TASKS, WORKFLOWS

MOST_VERSIONS = 2000  # of one song: what a list of versions looks through


def score_jobs(
    *,
    user: User,
    workflow: str | None = None,
    source_job_id: int | None = None,
    skip: int = 0,
    limit: int = 50,
) -> tuple[list[Job], int]:
    """A page, newest first, and how many there are in all. `source_job_id`: what was made of that job, and of
    that again."""
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
    """Any job of the user's, however it was asked for. Raises ScoreRefused."""
    job = Job.objects.of_user(user).filter(id=job_id).first()
    if job is None:
        raise job_missing()
    return job
