"""Every write of what users think of their jobs."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.models import User
from jobs.models import Job
from library.models import Reaction


class NoSuchJob(Exception):
    """There is no such job, or it is somebody else's."""


@transaction.atomic
def reaction_set(*, user: User, job_id: int, value: str) -> None:
    """Like or dislike one's own job. Repeatable. Raises NoSuchJob."""
    job = _lock_job(user, job_id)
    reaction = Reaction(
        user=user, job_id=job_id, value=value, created_at=timezone.now(), job_created_at=job.created_at
    )
    Reaction.objects.bulk_create(
        [reaction],
        update_conflicts=True,
        unique_fields=["job", "user"],
        update_fields=["value", "created_at"],
    )


@transaction.atomic
def reaction_clear(*, user: User, job_id: int) -> None:
    """Neither like nor dislike any more. Repeatable. Raises NoSuchJob."""
    _lock_job(user, job_id)
    Reaction.objects.filter(user=user, job=job_id).delete()


def _lock_job(user: User, job_id: int) -> Job:
    """Before its reaction, as its deletion does: neither then waits for the other."""
    job = (
        Job.objects.of_user(user).select_for_update(no_key=True).only("created_at").filter(id=job_id).first()
    )
    if job is None:
        raise NoSuchJob
    return job
