"""One job's page: what was asked beside what was used, its takes, and all that has happened to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.dateparse import parse_datetime

from audiomusic.accounts.models import CreditEntry, User
from jobs.lifecycle import reference_of
from jobs.models import Job, Take
from jobs.specs.comparison import asked_and_used
from jobs.specs.conformance import wish_report
from jobs.staff.actions import JOB_ACTIONS, JobAction
from jobs.staff.cells import made_in, take_files
from jobs.storage.links import audio_url
from jobs.webhooks.masking import log_of, staff_sees_addresses, url_of
from jobs.webhooks.models import WebhookDelivery
from presets.models import Preset

MAX_ENTRIES = 100  # of each kind in the log
MAX_DERIVED = 20


@dataclass(frozen=True)
class JobEvent:
    at: datetime
    what: str
    detail: str = ""


def life_of(job: Job, *, sees_all: bool) -> list[JobEvent]:
    """All that is known to have happened to the job, in order."""
    events = [*_own_events(job), *_ledger_events(job), *_webhook_events(job, sees_all), *_staff_events(job)]
    return sorted(events, key=lambda event: event.at)


def _own_events(job: Job) -> Iterator[JobEvent]:
    yield JobEvent(job.created_at, "Asked for", f"{job.task} for {job.engine}, then put into the queue")
    if job.started_at:
        attempt = f"Attempt {job.attempts} started" if job.attempts else "Started"
        yield JobEvent(job.started_at, attempt, f"at stage {job.stage}" if job.stage else "")
    if job.lease_until:
        yield JobEvent(job.lease_until, "Lease ends", f"held by {job.lease_owner}")
    if job.cancel_requested_at:
        yield JobEvent(job.cancel_requested_at, "Asked to stop")
    if job.completed_at:
        failure = f"{job.error_code}: {job.error_message}" if job.error_code else ""
        yield JobEvent(job.completed_at, job.get_status_display(), failure or f"made in {made_in(job)}")


def _ledger_events(job: Job) -> Iterator[JobEvent]:
    for line in CreditEntry.objects.for_reference(job.user, reference_of(job))[:MAX_ENTRIES]:
        spent = f", {line.spent} spent" if line.spent else ""
        note = f": {line.note}" if line.note else ""
        yield JobEvent(line.created_at, f"Credits: {line.kind}", f"{line.amount:+}{spent}{note}")


def _webhook_events(job: Job, sees_all: bool) -> Iterator[JobEvent]:
    deliveries = WebhookDelivery.objects.filter(job_id=job.id).select_related("endpoint").order_by("-id")
    for delivery in deliveries[:MAX_ENTRIES]:
        event = f"{delivery.event_type} to {url_of(delivery.endpoint, sees_all=sees_all)}"
        yield JobEvent(delivery.created_at, "Webhook written", f"{event}, {delivery.status}")
        for entry in log_of(delivery, sees_all=sees_all):
            if at := parse_datetime(entry["at"]):
                outcome = entry["error"] or f"{entry['status_code']} in {entry['duration_ms']} ms"
                yield JobEvent(at, "Webhook sent", f"{event}: {outcome}")


def _staff_events(job: Job) -> Iterator[JobEvent]:
    own_type = ContentType.objects.get_for_model(Job)
    entries = LogEntry.objects.filter(content_type=own_type, object_id=str(job.id)).select_related("user")
    for entry in entries.order_by("-id")[:MAX_ENTRIES]:
        yield JobEvent(entry.action_time, f"Staff: {entry.user}", entry.get_change_message())


def actions_for(job: Job, user: Any) -> list[JobAction]:
    """What this member of staff may do to this job as it is."""
    this = Job.objects.filter(id=job.id)
    return [
        action for action in JOB_ACTIONS.values() if action.may(user) and this.filter(action.fits).exists()
    ]


def _take_body(job: Job, take: Take) -> dict[str, Any]:
    sound = audio_url(job, take.index, job.format, base_url="")
    return {"take": take, "sound": sound, "files": take_files(job, take)}


def page_of(job: Job, user: User) -> dict[str, Any]:
    """What the page's template is given."""
    takes = job.takes.defer("peaks").prefetch_related("files", "score_files")
    preset = job.params.get("genre_preset")
    return {
        "job": job,
        "actions": actions_for(job, user),
        "parameters": asked_and_used(job),
        "wishes": wish_report(job),
        "takes": [_take_body(job, take) for take in takes],
        "life": life_of(job, sees_all=staff_sees_addresses(user)),
        "preset": Preset.objects.filter(name__iexact=preset).first() if isinstance(preset, str) else None,
        "source": job.source_job,
        "derived": job.derived_jobs.order_by("-id").only("display_name")[:MAX_DERIVED],
        "raw": [
            (title, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True))
            for title, value in (("params", job.params), ("effective", job.effective))
        ],
    }
