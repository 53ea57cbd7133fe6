"""Queries of the Job table; all writes are in the services."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from audiomusic.accounts.models import User
    from jobs.models import Job


class JobQuerySet(models.QuerySet["Job"]):
    def of_user(self, user: User) -> JobQuerySet:
        """Return the jobs this user may see: only their own, for staff too."""
        return self.filter(user=user)

    def waiting(self) -> JobQuerySet:
        return self.filter(status="PENDING")

    def claimable(self) -> JobQuerySet:
        """Return waiting jobs that a worker may start: none of a closed account. Uses a subquery instead of a
        join: an update would move a join, status included, into a sub-select, which PostgreSQL does not
        evaluate again after it waited for another claim of the same row."""
        active = get_user_model()._default_manager.filter(id=OuterRef("user"), is_active=True)
        return self.waiting().filter(Exists(active))

    def of_shut_accounts(self) -> JobQuerySet:
        """Return the jobs of closed accounts, found through those few users instead of scanning all waiting
        jobs."""
        shut = get_user_model()._default_manager.filter(is_active=False)
        return self.filter(user__in=shut.values("id"))

    def being_made(self) -> JobQuerySet:
        return self.filter(status="PROCESSING")

    def unfinished(self) -> JobQuerySet:
        return self.filter(status__in=("PENDING", "PROCESSING"))

    def finished_before(self, moment: datetime) -> JobQuerySet:
        return self.filter(status__in=("COMPLETED", "FAILED", "CANCELLED"), completed_at__lt=moment)

    def leased_to(self, lease_owner: str, job: Job) -> JobQuerySet:
        """Return the job's row while this lease holds it, else an empty queryset."""
        return self.being_made().filter(id=job.id, lease_owner=lease_owner)

    def lapsed(self, now: datetime) -> JobQuerySet:
        """Return the jobs whose worker has not renewed its lease in time."""
        return self.being_made().filter(lease_until__lt=now)

    def next_waiting_id(self) -> int | None:
        """Return the job whose turn it is: from the user with the fewest songs in progress, then the one who
        has waited longest since a song of theirs was started; from that user the oldest job."""
        return self._in_turn().values_list("id", flat=True).first()

    def next_waiting(self, count: int) -> JobQuerySet:
        """Return the oldest waiting job of each of the next `count` users, in turn order."""
        return self._in_turn()[:count]

    def last_starts(self) -> dict[int, datetime | None]:
        """Map each user with waiting jobs to when a song of theirs was last started, or None."""
        starts = self._in_turn().values_list("user_id", "last_start")  # type: ignore[misc]  # annotated there
        return dict(starts)

    def _in_turn(self) -> JobQuerySet:
        oldest_of_each = self.waiting().order_by().values("user").annotate(oldest=Min("id")).values("oldest")
        of_same_user = self.model._default_manager.filter(user=OuterRef("user")).order_by()
        being_made = of_same_user.being_made().values("user").annotate(count=Count("id")).values("count")
        last_start = of_same_user.exclude(started_at=None).order_by("-started_at").values("started_at")[:1]
        return (
            self.filter(id__in=oldest_of_each, user__is_active=True)
            .annotate(being_made=Coalesce(Subquery(being_made), 0), last_start=Subquery(last_start))
            .order_by("being_made", F("last_start").asc(nulls_first=True), "id")
        )


JobManager = models.Manager.from_queryset(JobQuerySet)
