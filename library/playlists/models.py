"""Playlist models."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone

from audiomusic.db.name_keys import NameKeyField
from jobs.models import Take
from library.playlists.managers import PlaylistManager

NAME_CHARS = 200
COMMENT_CHARS = 1000


class Playlist(models.Model):
    """A user's songs in a chosen order; a song may occur more than once."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="playlists")
    name = models.CharField(max_length=NAME_CHARS)
    name_key = NameKeyField(of="name")
    comment = models.CharField(max_length=COMMENT_CHARS, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = PlaylistManager()

    class Meta:
        ordering = [F("name_key").asc(nulls_last=True), "id"]

    def __str__(self) -> str:
        return f"{self.id}: {self.name}"


class PlaylistItem(models.Model):
    """A place in a playlist. Deleting the song deletes it and leaves a gap in `position`."""

    playlist = models.ForeignKey(Playlist, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveIntegerField()  # ascending, may have gaps
    take = models.ForeignKey(Take, models.CASCADE, related_name="playlist_items")

    class Meta:
        ordering = ["position"]
        constraints = [
            # Also serves the playlist in order.
            models.UniqueConstraint(fields=["playlist", "position"], name="one_item_at_a_place")
        ]

    def __str__(self) -> str:
        return f"{self.position} of playlist {self.playlist_id}"
