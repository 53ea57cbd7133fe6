"""How much is stored, and where files may lie that no row knows."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class StorageTotal(models.Model):
    """How many bytes a user's files take. Written by database triggers alone (jobs.storage.usage_triggers);
    where several writers are at work at once PostgreSQL may keep more than one row of a user, so they are
    summed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    byte_count = models.BigIntegerField()

    class Meta:
        db_table = "jobs_storagetally"  # the model's first name
        verbose_name_plural = "storage tallies"

    def __str__(self) -> str:
        return f"{self.byte_count} bytes of user {self.user_id}"


class OrphanFolder(models.Model):
    """A job's folder in which files may lie that no row knows: written with whatever may leave them there,
    and looked through until nothing is left (jobs.storage.orphans)."""

    job_id = models.BigIntegerField()  # the job may be gone
    folder = models.CharField(max_length=200)
    look_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "jobs_leftover"  # the model's first name

    def __str__(self) -> str:
        return self.folder
