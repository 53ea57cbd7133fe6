"""Webhook endpoints of users, and everything that was or will be sent to them."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from audiomusic.http.safe_http import masked_url


class EventType(models.TextChoices):
    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CANCELLED = "job.cancelled"
    TEST = "webhook.test"


def every_event() -> list[str]:
    return [str(event) for event in EventType]


def new_salt() -> str:
    return secrets.token_hex(16)


class WebhookEndpoint(models.Model):
    """A URL that receives events of its user's jobs. Its secret is computed, not stored: see `signing`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook_endpoints")
    url = models.CharField(max_length=2000)
    events = models.JSONField(default=every_event)
    description = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    # The server key that made its secret; empty: the oldest key.
    secret_key_id = models.CharField(max_length=16, default="", blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    called_at = models.DateTimeField(null=True, editable=False)  # latest call; endpoints of a user take turns

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        """Used in the admin's titles and log too, where all staff can see it."""
        return f"{masked_url(self.url)} of {self.user}"


class WebhookDelivery(models.Model):
    """One event for one endpoint: written when it happens, then sent until it arrives.

    The same event has the same `event_id` and `body` at every endpoint and in every attempt.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.CASCADE,
        related_name="deliveries",
        db_index=False,  # both indexes below that would use it begin with it
    )
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=24, choices=EventType)
    job_id = models.BigIntegerField(null=True)  # the log outlives the job
    body = models.TextField()
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)  # since it was last queued
    next_try_at = models.DateTimeField(null=True)
    log = models.JSONField(default=list)  # the latest attempts: at, status_code, error, duration_ms
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="delivery_once_per_event")
        ]
        indexes = [
            # Deliveries that are due.
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(status="pending")),
            # An endpoint's log, newest first.
            models.Index(fields=["endpoint", "-id"], name="delivery_endpoint_newest"),
            # A job's deliveries.
            models.Index(fields=["job_id", "-id"], name="delivery_job_newest"),
            # Failed deliveries.
            models.Index(fields=["-id"], name="delivery_failed_newest", condition=Q(status="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"


class WebhookTurn(models.Model):
    """Which of a user's events is being sent, and when one was last sent: see `turns`. No foreign key to the
    delivery: it may be deleted while it is sent, which ends the turn."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="webhook_turn"
    )
    delivery_id = models.BigIntegerField(null=True)
    until = models.DateTimeField(null=True, db_index=True)  # next try of the delivery, as its sender set it
    served_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"turn of {self.user_id}"
