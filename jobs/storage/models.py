"""Totals of stored bytes, and folders that may hold files without a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class StorageTotal(models.Model):
    """The number of bytes a user's files take. Only database triggers write it (jobs.storage.usage_triggers).
    With several concurrent writers PostgreSQL may keep more than one row per user, so always sum them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_constraint=False)
    byte_count = models.BigIntegerField()

    class Meta:
        db_table = "jobs_storagetally"  # the model's original name
        verbose_name_plural = "storage tallies"

    def __str__(self) -> str:
        return f"{self.byte_count} bytes of user {self.user_id}"


class OrphanFolder(models.Model):
    """A job's folder that may hold files without a row. Written by whatever may leave such files, and checked
    until nothing is left (jobs.storage.orphans)."""

    job_id = models.BigIntegerField()  # the job may be gone
    folder = models.CharField(max_length=200)
    look_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "jobs_leftover"  # the model's original name

    def __str__(self) -> str:
        return self.folder
