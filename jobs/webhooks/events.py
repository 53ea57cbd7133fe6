"""Webhook events: each is written once, in the transaction in which it happens."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.utils import timezone

from jobs.models import Job, Status
from jobs.representations import iso_utc, plain
from jobs.storage.links import audio_urls, site_url
from jobs.webhooks.models import EventType, WebhookDelivery, WebhookEndpoint

JOB_TYPE = "music_generation"
EVENT_OF = {
    Status.COMPLETED: EventType.COMPLETED,
    Status.FAILED: EventType.FAILED,
    Status.CANCELLED: EventType.CANCELLED,
}


def record_end(sender: Any, *, job: Job, **kwargs: Any) -> None:
    """Write a delivery for each endpoint that subscribed to the event (`job_ended`)."""
    event = EVENT_OF[Status(job.status)]
    endpoints = [
        endpoint
        for endpoint in WebhookEndpoint.objects.filter(
            user_id=job.user_id, is_active=True, user__is_active=True
        )
        if event in endpoint.events
    ]
    if endpoints:
        deliveries_write(endpoints, event, job_facts(job), job_id=job.id)


def deliveries_write(
    endpoints: list[WebhookEndpoint], event: EventType, facts: dict[str, Any], *, job_id: int | None
) -> list[WebhookDelivery]:
    """Write one event for each of the endpoints."""
    now, event_id = timezone.now(), uuid.uuid4()
    head = {"event_type": event, "event_id": str(event_id), "created_at": iso_utc(now)}
    body = json.dumps(head | facts, ensure_ascii=False, separators=(",", ":"))
    return WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            endpoint=endpoint,
            event_id=event_id,
            event_type=event,
            job_id=job_id,
            body=body,
            next_try_at=now,
        )
        for endpoint in endpoints
    )


def job_facts(job: Job) -> dict[str, Any]:
    """Return a finished job in short. The links expire like all links; the job's own URL does not."""
    urls = audio_urls(job, 1, base_url=site_url()) if job.status == Status.COMPLETED else None
    facts: dict[str, Any] = {
        "job_id": job.id,
        "job_type": JOB_TYPE,
        "status": job.status.lower(),
        "task": job.task,
        "display_name": job.display_name,
        "audio_duration": plain(job.duration_s),
        "output_url": urls[job.format] if urls else None,
        "output_urls": urls,
        "completed_at": iso_utc(job.completed_at),
    }
    if job.status == Status.FAILED:
        facts |= {"error_message": job.error_message, "failure_reason": job.error_code}
    return facts


def test_facts() -> dict[str, Any]:
    return {
        "job_id": None,
        "job_type": JOB_TYPE,
        "status": "test",
        "message": "This is a test: nothing happened.",
    }
