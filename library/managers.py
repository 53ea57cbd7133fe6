"""Questions asked of share links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from audiomusic.accounts.models import User
    from jobs.models import Job
    from library.models import ShareLink  # noqa: F401  (what the query set is of)


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def open(self) -> ShareLinkQuerySet:
        """Those that open their song now: not once their owner was shut out."""
        in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(in_time, revoked_at=None, job__status="COMPLETED", job__user__is_active=True)

    def of_job(self, job: Job) -> ShareLinkQuerySet:
        return self.filter(job=job)

    def of_user(self, user: User) -> ShareLinkQuerySet:
        """Links to the user's own songs."""
        return self.filter(job__user=user)


ShareLinkManager = models.Manager.from_queryset(ShareLinkQuerySet)
