"""Models of plays, ratings and player queues."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from jobs.models import Take

MOST_STARS = 5


class Listening(models.Model):
    """How often and when last the owner played a take, and its star rating."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    take = models.OneToOneField(Take, models.CASCADE, related_name="listening")  # its job is the user's
    play_count = models.PositiveIntegerField(default=0)
    last_played_at = models.DateTimeField(null=True)
    stars = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(MOST_STARS)])

    class Meta:
        indexes = [
            # Most played, recently played and best rated.
            models.Index(fields=["user", "-play_count", "take"], name="listening_most_played"),
            models.Index(fields=["user", "-last_played_at", "take"], name="listening_last_played"),
            models.Index(fields=["user", "-stars", "take"], name="listening_best", condition=Q(stars__gt=0)),
        ]

    def __str__(self) -> str:
        return f"take {self.take_id}: {self.play_count} plays, {self.stars} stars"


class PlayQueue(models.Model):
    """A music player's queue when it stopped, so that another player can continue."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="play_queue"
    )
    songs = models.JSONField(default=list)  # [[job, take], …]
    current = models.JSONField(null=True)  # [job, take]
    position_ms = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=100, blank=True)  # the player's own name

    def __str__(self) -> str:
        return f"queue of {self.user}"
