"""Queries of share links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from audiomusic.accounts.models import User
    from jobs.models import Job


class TokenLinkQuerySet(models.QuerySet[Any]):
    def in_time(self) -> Self:
        """Return the links that are neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ShareLinkQuerySet(TokenLinkQuerySet):
    def open(self) -> ShareLinkQuerySet:
        """Return the links that currently open their song. Links of a deactivated owner do not."""
        return self.in_time().filter(job__status="COMPLETED", job__user__is_active=True)

    def of_job(self, job: Job) -> ShareLinkQuerySet:
        return self.filter(job=job)

    def of_user(self, user: User) -> ShareLinkQuerySet:
        """Return the links to the user's own songs."""
        return self.filter(job__user=user)


class PlaylistLinkQuerySet(TokenLinkQuerySet):
    def open(self) -> PlaylistLinkQuerySet:
        """Return the links that currently open their playlist. Links of a deactivated owner do not."""
        return self.in_time().filter(playlist__user__is_active=True)

    def of_user(self, user: User) -> PlaylistLinkQuerySet:
        """Return the links to the user's own playlists."""
        return self.filter(playlist__user=user)


ShareLinkManager = models.Manager.from_queryset(ShareLinkQuerySet)
PlaylistLinkManager = models.Manager.from_queryset(PlaylistLinkQuerySet)
