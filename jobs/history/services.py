"""Every write to the life log.

A job costs one row where all goes well, its start: the end stands in the job's own row. The row is written in
the transaction of what it records, so that a rolled back claim leaves none behind.
"""

from __future__ import annotations

from jobs.history.models import DETAIL_CHARS, WORKER_CHARS, EventKind, JobEvent
from jobs.models import Job

KEPT_EVENTS = 100  # of one job, which its owner may retry as often as it fails


def job_event_record(*, job: Job, kind: EventKind, detail: str = "") -> None:
    """Of a job as it is while the event happens: whose lease it has, at which stage it is."""
    JobEvent.objects.create(
        job_id=job.id,
        kind=kind,
        attempt=job.attempts,
        worker=worker_of(job.lease_owner),
        stage=job.stage,
        detail=detail[:DETAIL_CHARS],
    )


def job_events_prune(*, job: Job) -> None:
    """Leave the newest KEPT_EVENTS. Called where a job goes round once more by someone's wish; workers stop
    by themselves after MAX_ATTEMPTS."""
    kept = JobEvent.objects.filter(job_id=job.id).order_by("-id").values_list("id", flat=True)
    if edge := kept[KEPT_EVENTS : KEPT_EVENTS + 1].first():
        JobEvent.objects.filter(job_id=job.id, id__lte=edge).delete()


def worker_of(lease_owner: str) -> str:
    """The worker's name in a lease: host and process. What comes behind them opens the lease."""
    host, _, rest = lease_owner.partition("/")
    process = rest.partition("/")[0]
    return f"{host}/{process}"[:WORKER_CHARS] if process else ""
