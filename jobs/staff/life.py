"""A job's history as staff see it, from everything stored about it: its events, its row, the ledger, its
webhooks and the staff's log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audiomusic.accounts.models import CreditEntry
from jobs.history.models import EventKind, JobEvent
from jobs.history.services import worker_of
from jobs.lifecycle import reference_of
from jobs.models import Job, Status
from jobs.representations import STATUS_LABELS
from jobs.staff.cells import made_in, span
from jobs.webhooks.masking import log_of, url_of
from jobs.webhooks.models import WebhookDelivery

MAX_ENTRIES = 100  # of each kind in the history
ENDS = (
    EventKind.RETURNED, EventKind.LEASE_LAPSED, EventKind.REQUEUED, EventKind.FAILED, EventKind.CANCELLED,
)  # fmt: skip


@dataclass(frozen=True)
class LifeEvent:
    at: datetime
    what: str
    detail: str = ""
    is_bad: bool = False


@dataclass
class Attempt:
    """One start of a job, and how it ended."""

    number: int
    started_at: datetime
    worker: str = ""
    ended_at: datetime | None = None
    outcome: str = ""
    detail: str = ""
    is_bad: bool = False
    stages: Sequence[tuple[str, float]] = field(default_factory=tuple)  # name, seconds

    @property
    def took(self) -> str:
        return span((self.ended_at or timezone.now()) - self.started_at)


def events_of(job: Job) -> list[JobEvent]:
    return list(job.events.order_by("-id")[:MAX_ENTRIES])[::-1]


def attempts_of(job: Job, events: Sequence[JobEvent]) -> list[Attempt]:
    """Return every start, oldest first. For a job older than the history, only the last one."""
    attempts: list[Attempt] = []
    for event in events:
        if event.kind == EventKind.STARTED:
            attempts.append(Attempt(len(attempts) + 1, event.at, event.worker))
        elif event.kind in ENDS and attempts and attempts[-1].ended_at is None:
            _end(attempts[-1], event)
    if not attempts and job.started_at:
        attempts.append(Attempt(max(1, job.attempts), job.started_at, worker_of(job.lease_owner)))
    if attempts and attempts[-1].ended_at is None:
        _end_by_row(attempts[-1], job)
    return attempts


def _end(attempt: Attempt, event: JobEvent) -> None:
    attempt.ended_at, attempt.outcome = event.at, event.get_kind_display()
    attempt.is_bad = event.kind in (EventKind.FAILED, EventKind.LEASE_LAPSED)
    attempt.detail = _details(event)


def _end_by_row(attempt: Attempt, job: Job) -> None:
    """Complete the last start from the job's own row."""
    attempt.outcome = STATUS_LABELS[Status(job.status)]
    attempt.ended_at = job.completed_at
    attempt.is_bad = job.status == Status.FAILED
    if job.error_code:
        attempt.detail = f"{job.error_code}: {job.error_message}"
    elif job.status == Status.PROCESSING:
        attempt.detail = f"{job.stage} {job.progress or 0} %"
    attempt.stages = tuple((job.stage_s or {}).items())


def _details(event: JobEvent) -> str:
    stage = f"at stage {event.stage}" if event.stage else ""
    return "; ".join(part for part in (stage, event.detail) if part)


def life_of(job: Job, *, sees_all: bool, events: Sequence[JobEvent] | None = None) -> list[LifeEvent]:
    """Return everything known to have happened to the job, in order."""
    kept = events_of(job) if events is None else events
    found = [
        *_own_events(job, kept),
        *_ledger_events(job),
        *_webhook_events(job, sees_all),
        *_staff_events(job),
    ]
    return sorted(found, key=lambda event: event.at)


def _own_events(job: Job, events: Sequence[JobEvent]) -> Iterator[LifeEvent]:
    yield LifeEvent(job.created_at, "Requested", f"{job.task} for {job.engine}, then queued")
    number = 0
    for event in events:
        if event.kind == EventKind.STARTED:
            number += 1
            yield LifeEvent(
                event.at, f"Attempt {number} started", f"by {event.worker}" if event.worker else ""
            )
        else:
            is_bad = event.kind in (EventKind.FAILED, EventKind.LEASE_LAPSED)
            yield LifeEvent(event.at, event.get_kind_display(), _details(event), is_bad)
    if job.started_at and not number:
        attempt = f"Attempt {job.attempts} started" if job.attempts else "Started"
        yield LifeEvent(job.started_at, attempt, f"at stage {job.stage}" if job.stage else "")
    if job.lease_until:
        yield LifeEvent(job.lease_until, "Lease ends", f"held by {worker_of(job.lease_owner) or 'a worker'}")
    if job.cancel_requested_at and not any(each.kind == EventKind.CANCEL_REQUESTED for each in events):
        yield LifeEvent(job.cancel_requested_at, "Asked to stop")
    is_known = bool(events) and events[-1].kind in (EventKind.FAILED, EventKind.CANCELLED)
    if job.completed_at and not is_known:
        failure = f"{job.error_code}: {job.error_message}" if job.error_code else ""
        what = STATUS_LABELS[Status(job.status)]
        yield LifeEvent(job.completed_at, what, failure or f"made in {made_in(job)}", bool(failure))


def ledger_lines(job: Job) -> list[CreditEntry]:
    return list(CreditEntry.objects.for_reference(job.user, reference_of(job))[:MAX_ENTRIES])


def _ledger_events(job: Job) -> Iterator[LifeEvent]:
    for line in ledger_lines(job):
        spent = f", {line.spent} spent" if line.spent else ""
        note = f": {line.note}" if line.note else ""
        yield LifeEvent(line.created_at, f"Credits: {line.kind}", f"{line.amount:+}{spent}{note}")


def deliveries_of(job: Job) -> list[WebhookDelivery]:
    """Return the job's deliveries, newest first."""
    rows = WebhookDelivery.objects.filter(job_id=job.id).select_related("endpoint")
    return list(rows.order_by("-id")[:MAX_ENTRIES])


def _webhook_events(job: Job, sees_all: bool) -> Iterator[LifeEvent]:
    for delivery in deliveries_of(job):
        event = f"{delivery.event_type} to {url_of(delivery.endpoint, sees_all=sees_all)}"
        yield LifeEvent(delivery.created_at, "Webhook queued", f"{event}, {delivery.status}")
        for entry in log_of(delivery, sees_all=sees_all):
            if at := parse_datetime(entry["at"]):
                outcome = entry["error"] or f"{entry['status_code']} in {entry['duration_ms']} ms"
                yield LifeEvent(at, "Webhook sent", f"{event}: {outcome}", bool(entry["error"]))


def _staff_events(job: Job) -> Iterator[LifeEvent]:
    own_type = ContentType.objects.get_for_model(Job)
    entries = LogEntry.objects.filter(content_type=own_type, object_id=str(job.id)).select_related("user")
    for entry in entries.order_by("-id")[:MAX_ENTRIES]:
        yield LifeEvent(entry.action_time, f"Staff: {entry.user}", entry.get_change_message())


def waited_words(job: Job, attempts: Sequence[Attempt]) -> str:
    """Return how long the job waited in the queue before its first start."""
    end = attempts[0].started_at if attempts else (job.completed_at or timezone.now())
    return span(max(end - job.created_at, timedelta(0)))
