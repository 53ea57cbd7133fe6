"""Which songs are to be deleted soon."""

from __future__ import annotations

from django.db import models

from jobs.models import Job


class PendingDeletion(models.Model):
    """A deletion that its owner may take back until it is due.

    Kept here and not in the page: a browser that is closed, or a laptop that sleeps, neither loses the wish
    nor deletes later what was taken back elsewhere. Until then the song is where it was, for every list and
    link; pages alone hide its row.
    """

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="pending_deletion")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"job {self.job_id} goes at {self.due_at}"
