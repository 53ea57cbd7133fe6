"""Files that users sent, or had fetched, to be worked on; and which jobs need them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone


class SourceFileQuerySet(models.QuerySet["SourceFile"]):
    def of_user(self, user: Any) -> SourceFileQuerySet:
        return self.filter(user=user)

    def uploaded(self) -> SourceFileQuerySet:
        return self.filter(origin=SourceFile.Origin.UPLOAD)

    def usable(self) -> SourceFileQuerySet:
        """Not expired; what a job needs does not expire."""
        return self.filter(models.Q(expires_at__gt=timezone.now()) | models.Q(uses__isnull=False)).distinct()

    def with_uses(self) -> SourceFileQuerySet:
        """Each with `has_uses`: whether a job needs it, without a query for every file of a list."""
        uses = SourceUse.objects.filter(source=models.OuterRef("id"))
        return self.annotate(has_uses=models.Exists(uses))

    def lapsed(self) -> SourceFileQuerySet:
        """Expired, and needed by no job."""
        return self.filter(expires_at__lte=timezone.now(), uses__isnull=True)


class SourceFile(models.Model):
    """A file as it came, and what is known of its sound. No path, name or type of it is the sender's."""

    class Origin(models.TextChoices):
        UPLOAD = "upload"
        URL = "url"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="source_files")
    origin = models.CharField(max_length=8, choices=Origin)
    storage_name = models.CharField(max_length=200, unique=True)
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)  # of the file
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)  # unless a job needs it
    file_name = models.CharField(max_length=200)  # as the sender calls it; for people's eyes
    address = models.CharField(max_length=300, blank=True)  # where it was fetched, without its query
    format = models.CharField(max_length=8)
    samples_sha256 = models.CharField(max_length=64)  # of its sound as the engines hear it
    duration_s = models.FloatField()
    sample_rate_hz = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()

    objects = SourceFileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="source_user_newest"),
            models.Index(fields=["format", "byte_count"], name="source_bytes"),  # how much is kept
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.file_name}"

    @property
    def is_needed(self) -> bool:
        """Whether there is a job that was, or is to be, made from it."""
        return self.uses.exists()


class SourceUse(models.Model):
    """A job that is made from a file, and is made again from it: the file stays as long as the job does."""

    job = models.OneToOneField("jobs.Job", models.CASCADE, related_name="source_use")
    # RESTRICT and not PROTECT: both go with their owner.
    source = models.ForeignKey(SourceFile, models.RESTRICT, related_name="uses")

    def __str__(self) -> str:
        return f"job {self.job_id} from {self.source_id}"
