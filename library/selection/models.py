"""Pending deletions of songs."""

from __future__ import annotations

from django.db import models

from jobs.models import Job


class PendingDeletion(models.Model):
    """A deletion that its owner can undo until it is due.

    Stored here and not in the page: closing the browser or suspending the laptop neither loses the request
    nor later deletes what was restored elsewhere. Until it is due, the song stays in every list and link;
    only pages hide its row.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="pending_deletion")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"job {self.job_id} goes at {self.due_at}"
