"""Staff actions on jobs: each is applied job by job, through its service, and logged for each job."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum

from audiomusic.accounts.models import User
from jobs.covers.services import cover_clear
from jobs.models import Job, Status
from jobs.services import (
    JobInUse,
    JobNotCancellable,
    JobNotRequeuable,
    JobNotRetryable,
    job_cancel,
    job_delete,
    job_requeue,
    job_retry,
)
from jobs.specs.refusals import JobRefused
from jobs.staff.refunds import JobNotRefundable, job_refund

REFUSALS = (JobInUse, JobNotCancellable, JobNotRefundable, JobNotRequeuable, JobNotRetryable, JobRefused)
CHUNK = 500  # jobs read at once
TIME_S = 20.0  # then a request for very many jobs ends, and reports how far it came
SHOWN_REFUSALS = 5


def _without_reason(act: Callable[..., Any]) -> Callable[[Job, str], Any]:
    return lambda job, reason: act(job=job)


@dataclass(frozen=True)
class JobAction:
    """One action. `fits`: which jobs it applies to; the service decides in the end, once it has locked the
    job."""

    name: str
    title: str
    done: str  # "3 jobs were …"
    permission: str
    fits: Q
    unfit: str  # why the others are excluded
    act: Callable[[Job, str], Any]
    wants_reason: bool = False
    is_deletion: bool = False
    warning: str = ""

    def may(self, user: Any) -> bool:
        return bool(user.has_perm(self.permission))


JOB_ACTIONS: Mapping[str, JobAction] = {
    action.name: action
    for action in (
        JobAction(
            "retry", "Retry", "put back into the queue", "jobs.change_job", Q(status=Status.FAILED),
            "Only a failed job can be retried.", _without_reason(job_retry),
        ),
        JobAction(
            "cancel", "Cancel", "cancelled, or asked to stop", "jobs.change_job",
            Q(status__in=[Status.PENDING, Status.PROCESSING]),
            "Only a waiting or running job can be cancelled.", _without_reason(job_cancel),
            warning="Reserved credits are released to the owner.",
        ),
        JobAction(
            "requeue", "Requeue", "taken from its worker and put back into the queue", "jobs.change_job",
            Q(status=Status.PROCESSING), "Only a running job can be requeued.",
            _without_reason(job_requeue), warning="The unfinished work is discarded.",
        ),
        JobAction(
            "refund", "Refund", "refunded", "accounts.add_creditentry", Q(credits_charged__gt=0),
            "Nothing was charged.", lambda job, reason: job_refund(job=job, reason=reason),
            wants_reason=True, warning="The owner gets back the price of the song, once.",
        ),
        JobAction(
            "remove_cover", "Remove cover", "given the drawn cover again (the picture is deleted)",
            "jobs.change_job", Q(cover_version__isnull=False), "It has no cover from its owner.",
            _without_reason(cover_clear),
            warning="This cannot be undone. Songs made from this one keep their own copy.",
        ),
        JobAction(
            "delete_with_files", "Delete", "deleted with all files", "jobs.delete_job", Q(),
            "", _without_reason(job_delete), is_deletion=True, warning="This cannot be undone.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class ActionPreview:
    """The jobs that an action would affect."""

    fitting: int
    unfit: Mapping[str, int]  # status -> number of excluded jobs
    charged: int  # credits charged for the fitting jobs

    @property
    def unfit_count(self) -> int:
        return sum(self.unfit.values())


@dataclass
class ActionOutcome:
    done: int = 0
    left: int = 0  # not reached in time
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        return sum(self.refusals.values())


def preview(action: JobAction, jobs: QuerySet[Job]) -> ActionPreview:
    """Count the affected jobs in the database."""
    fit = jobs.filter(action.fits).order_by().aggregate(fitting=Count("id"), charged=Sum("credits_charged"))
    unfit: dict[str, int] = {}
    if action.unfit:
        others = jobs.exclude(action.fits).order_by().values_list("status")
        unfit = dict(others.annotate(count=Count("id")))
    return ActionPreview(fit["fitting"], unfit, fit["charged"] or 0)


def run_action(action: JobAction, jobs: QuerySet[Job], *, by: User, reason: str = "") -> ActionOutcome:
    """Run the action job by job, each in its own transaction together with its entry in the admin's log.
    Raises ValueError if a required reason is missing, PermissionError if the user may not do it."""
    if not action.may(by):
        raise PermissionError(f"{action.permission} is required to {action.title.lower()} jobs.")
    if action.wants_reason and not reason.strip():
        raise ValueError(f"{action.title} needs a reason.")
    outcome, ends_at = ActionOutcome(), time.monotonic() + TIME_S
    for ids in _chunks(jobs.filter(action.fits)):
        for job in Job.objects.filter(id__in=ids).order_by("id"):
            if time.monotonic() > ends_at:
                outcome.left += 1
                continue
            _do(action, job, by, reason, outcome)
        if outcome.left:
            outcome.left += jobs.filter(action.fits, id__gt=ids[-1]).order_by().count()
            break
    return outcome


def _chunks(jobs: QuerySet[Job]) -> Iterator[Sequence[int]]:
    """Yield the jobs' ids in ascending order, so that changed jobs are not met again."""
    last = 0
    rows = jobs.order_by("id").values_list("id", flat=True)
    while ids := list(rows.filter(id__gt=last)[:CHUNK]):
        yield ids
        last = ids[-1]


def _do(action: JobAction, job: Job, by: User, reason: str, outcome: ActionOutcome) -> None:
    try:
        with transaction.atomic():
            note(
                job,
                action.done if not reason else f"{action.done}: {reason}",
                by,
                is_deletion=action.is_deletion,
            )
            action.act(job, reason)
    except REFUSALS as refusal:
        outcome.refusals[str(refusal)] += 1
    except Job.DoesNotExist:
        outcome.refusals[f"Job {job.id} no longer exists."] += 1
    else:
        outcome.done += 1


def note(job: Job, message: str, by: User, *, is_deletion: bool = False) -> None:
    """Write an entry in the admin's log. Call it before the action, because a deleted job has no id."""
    flag = DELETION if is_deletion else CHANGE
    sentence = f"{message[:1].upper()}{message[1:]}."
    LogEntry.objects.log_actions(
        user_id=by.pk, queryset=[job], action_flag=flag, change_message=sentence, single_object=True
    )
