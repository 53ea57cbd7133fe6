"""Reactions to songs, and share links."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.models import Job
from library.listening.models import Listening, PlayQueue  # noqa: F401  (Django looks here)
from library.managers import PlaylistLinkManager, ShareLinkManager
from library.playlists.models import Playlist, PlaylistItem  # noqa: F401  (PlaylistItem)
from library.selection.models import PendingDeletion  # noqa: F401
from library.smart_lists.models import SmartList  # noqa: F401


class TokenLink(models.Model):
    """A link that opens something to anyone who has its token, until it expires or is revoked."""

    token = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)  # null: never
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Reaction(models.Model):
    """A user's like or dislike of one of their own jobs."""

    class Value(models.TextChoices):
        LIKE = "like"
        DISLIKE = "dislike"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reactions", db_index=False
    )
    job = models.ForeignKey(Job, models.CASCADE, related_name="reactions", db_index=False)
    value = models.CharField(max_length=8, choices=Value)
    created_at = models.DateTimeField(auto_now=True)
    job_created_at = models.DateTimeField()  # copied from the job for the index below

    class Meta:
        constraints = [
            # Also serves lookups of a job's reaction by lists, counts and the job's deletion.
            models.UniqueConstraint(fields=["job", "user"], name="reaction_once_per_job")
        ]
        indexes = [
            # The liked songs, newest first.
            models.Index(fields=["user", "value", "-job_created_at", "-job"], name="reaction_user_newest")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.value}s job {self.job_id}"


class ShareLink(TokenLink):
    """A page on which anyone who has the address can hear one song, until the link expires or is revoked.

    The token is stored in plain text, so that its owner can copy the address again: it opens only this song.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="share_links")

    objects = ShareLinkManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"link {self.pk} to job {self.job_id}"


class PlaylistLink(TokenLink):
    """A share link to a playlist. The page always shows the current songs."""

    playlist = models.ForeignKey(Playlist, models.CASCADE, related_name="share_links")

    objects = PlaylistLinkManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"link {self.pk} to playlist {self.playlist_id}"
