"""Orders for audio analysis and their answers, kept for a day."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class AnalysisOrder(models.Model):
    """One order for analysis, and later its answer. Identical orders of a user share the row."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=64)  # hash of the audio and the analyzer's version
    created_at = models.DateTimeField(auto_now_add=True)
    upload_id = models.BigIntegerField(null=True)
    take_id = models.BigIntegerField(null=True)
    url = models.CharField(max_length=2048, blank=True)  # cleared with the answer: it may contain a key
    taken_at = models.DateTimeField(null=True)  # when a worker claimed it
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["user", "subject"], name="analysis_subject"),
            models.Index(fields=["created_at"], name="analysis_age"),
        ]

    def __str__(self) -> str:
        return f"analysis {self.id}"
