"""Questions to the language model on their way from a web process to a worker."""

from __future__ import annotations

import uuid

from django.db import models


class DraftOrder(models.Model):
    """Words that a draft waits for. The row is deleted with the answer: nothing of a draft is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    request = models.JSONField()  # what the engine would be asked
    taken_at = models.DateTimeField(null=True)  # by a worker, which asks the model
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"draft {self.id}"
