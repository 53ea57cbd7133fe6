"""External files that users uploaded or had fetched, and the jobs that need them."""

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
        """Return files that have not expired; a file that a job needs never does."""
        return self.filter(models.Q(expires_at__gt=timezone.now()) | models.Q(uses__isnull=False)).distinct()

    def with_uses(self) -> SourceFileQuerySet:
        """Annotate each file with `has_uses`, whether a job needs it, without a query per file."""
        uses = SourceUse.objects.filter(source=models.OuterRef("id"))
        return self.annotate(has_uses=models.Exists(uses))

    def lapsed(self) -> SourceFileQuerySet:
        """Return expired files that no job needs."""
        return self.filter(expires_at__lte=timezone.now(), uses__isnull=True)


class SourceFile(models.Model):
    """A file as received, and facts about its audio. Its storage path, name and type never come from the
    sender."""

    class Origin(models.TextChoices):
        UPLOAD = "upload"
        URL = "url"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="source_files")
    origin = models.CharField(max_length=8, choices=Origin)
    storage_name = models.CharField(max_length=200, unique=True)
    byte_count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)  # of the file
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)  # ignored while a job needs it
    file_name = models.CharField(max_length=200)  # the sender's name for it; only for display
    address = models.CharField(max_length=300, blank=True)  # where it was fetched from, without the query
    format = models.CharField(max_length=8)
    samples_sha256 = models.CharField(max_length=64)  # of the decoded audio
    duration_s = models.FloatField()
    sample_rate_hz = models.PositiveIntegerField()
    channels = models.PositiveSmallIntegerField()

    objects = SourceFileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="source_user_newest"),
            models.Index(fields=["format", "byte_count"], name="source_bytes"),  # storage totals
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.file_name}"

    @property
    def is_needed(self) -> bool:
        """Whether a job was, or will be, made from it."""
        return self.uses.exists()


class SourceUse(models.Model):
    """A job that is made from a file, and can be made again from it: the file is kept as long as the job."""

    job = models.OneToOneField("jobs.Job", models.CASCADE, related_name="source_use")
    # RESTRICT, not PROTECT: both are deleted with their owner.
    source = models.ForeignKey(SourceFile, models.RESTRICT, related_name="uses")

    def __str__(self) -> str:
        return f"job {self.job_id} from {self.source_id}"
