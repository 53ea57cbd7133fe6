"""All writes to the history.

A job without problems costs one row, its start: its end is in the job's own row. The row is written in the
transaction of what it records, so a rolled back claim leaves none.
"""

from __future__ import annotations

from jobs.history.models import DETAIL_CHARS, WORKER_CHARS, EventKind, JobEvent
from jobs.models import Job

KEPT_EVENTS = 100  # per job, because its owner may retry it as often as it fails


def job_event_record(*, job: Job, kind: EventKind, detail: str = "") -> None:
    """Record an event of a job with the worker and stage it has while the event happens."""
    JobEvent.objects.create(
        job_id=job.id,
        kind=kind,
        attempt=job.attempts,
        worker=worker_of(job.lease_owner),
        stage=job.stage,
        detail=detail[:DETAIL_CHARS],
    )


def job_events_prune(*, job: Job) -> None:
    """Keep only the newest KEPT_EVENTS. Called when someone requeues a job by hand; workers stop after
    MAX_ATTEMPTS by themselves."""
    kept = JobEvent.objects.filter(job_id=job.id).order_by("-id").values_list("id", flat=True)
    if edge := kept[KEPT_EVENTS : KEPT_EVENTS + 1].first():
        JobEvent.objects.filter(job_id=job.id, id__lte=edge).delete()


def worker_of(lease_owner: str) -> str:
    """Return the worker's name from a lease token: host and process. The rest of the token grants the
    lease."""
    host, _, rest = lease_owner.partition("/")
    process = rest.partition("/")[0]
    return f"{host}/{process}"[:WORKER_CHARS] if process else ""
