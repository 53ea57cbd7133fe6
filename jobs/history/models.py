"""The rows of a job's history."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

WORKER_CHARS = 64
DETAIL_CHARS = 200


class EventKind(models.TextChoices):
    """Kinds of events, with their labels on the staff's page."""

    STARTED = "started", "Started"
    RETURNED = "returned", "Put back into the queue"
    LEASE_LAPSED = "lease_lapsed", "Its worker fell silent"
    REQUEUED = "requeued", "Taken from its worker"
    RETRIED = "retried", "Retried"
    CANCEL_REQUESTED = "cancel_requested", "Asked to stop"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class JobEvent(models.Model):
    """One event in a job's history. Written by `jobs.history.services`, never changed, and deleted with its
    job. The job's own row says that a song was made, and how long each stage took."""

    job = models.ForeignKey("jobs.Job", models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveSmallIntegerField(default=0)  # as counted then: a retry starts again at one
    worker = models.CharField(max_length=WORKER_CHARS, blank=True)  # host/process
    stage = models.CharField(max_length=16, blank=True)  # the stage reached
    detail = models.CharField(max_length=DETAIL_CHARS, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of job {self.job_id}"
