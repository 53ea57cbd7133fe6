"""The rows of a job's life log."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

WORKER_CHARS = 64
DETAIL_CHARS = 200


class EventKind(models.TextChoices):
    """What can happen to a job, and the words for it on the staff's page."""

    STARTED = "started", "Started"
    RETURNED = "returned", "Put back into the queue"
    LEASE_LAPSED = "lease_lapsed", "Its worker fell silent"
    REQUEUED = "requeued", "Taken from its worker"
    RETRIED = "retried", "Retried"
    CANCEL_REQUESTED = "cancel_requested", "Asked to stop"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class JobEvent(models.Model):
    """One thing that happened to a job. Written by `jobs.history.services`, never changed, and gone with its
    job. That a song was made, and what each stage of it took, stands in the job's own row."""

    job = models.ForeignKey("jobs.Job", models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveSmallIntegerField(default=0)  # as counted then: a retry counts from one again
    worker = models.CharField(max_length=WORKER_CHARS, blank=True)  # host/process
    stage = models.CharField(max_length=16, blank=True)  # that it had come to
    detail = models.CharField(max_length=DETAIL_CHARS, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} of job {self.job_id}"
