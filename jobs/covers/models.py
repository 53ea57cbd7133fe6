"""The files of a song's uploaded cover."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class CoverSize(models.TextChoices):
    LARGE = "cover"
    SMALL = "thumb"


class CoverFile(models.Model):
    """One size of a song's uploaded cover, as a JPEG made by this server. It is deleted with its job."""

    job = models.ForeignKey("jobs.Job", models.CASCADE, related_name="cover_files")
    # Copied from the job, so that one index adds up the owner's bytes.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    format = models.CharField(max_length=8, choices=CoverSize)
    storage_name = models.CharField(max_length=200, unique=True)
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "format"], name="cover_once_per_size")]
        indexes = [
            models.Index(fields=["user", "byte_count"], name="cover_user_bytes"),
            models.Index(fields=["format", "byte_count"], name="cover_bytes"),  # storage totals
        ]

    def __str__(self) -> str:
        return self.storage_name
