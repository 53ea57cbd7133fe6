"""Orders to the language model, from web processes to workers."""

from __future__ import annotations

import uuid

from django.db import models


class DraftOrder(models.Model):
    """The lyrics that a draft waits for. The row is deleted with its answer: nothing of a draft is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    request = models.JSONField()  # the request to the engine
    taken_at = models.DateTimeField(null=True)  # when a worker claimed it
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return f"draft {self.id}"
