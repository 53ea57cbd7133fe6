"""Queries of playlists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from audiomusic.accounts.models import User
    from library.playlists.models import Playlist


class PlaylistQuerySet(models.QuerySet["Playlist"]):
    def of_user(self, user: User) -> PlaylistQuerySet:
        """Return the user's playlists by name. The order is explicit because aggregating queries ignore the
        model's ordering."""
        return self.filter(user=user).order_by(F("name_key").asc(nulls_last=True), "id")

    def with_totals(self) -> PlaylistQuerySet:
        """Annotate each playlist with `song_count` and `duration_s`."""
        return self.annotate(
            song_count=Count("items"), duration_s=Coalesce(Sum("items__take__duration_s"), 0.0)
        )


PlaylistManager = models.Manager.from_queryset(PlaylistQuerySet)


class PlaylistTotals(NamedTuple):
    song_count: int
    duration_s: float


def totals_of(playlist: Playlist) -> PlaylistTotals:
    """Return the totals of a playlist that was loaded `with_totals`."""
    known = vars(playlist)
    return PlaylistTotals(known["song_count"], known["duration_s"])
