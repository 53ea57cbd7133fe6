"""The smart list model."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone

from audiomusic.db.name_keys import NameKeyField

NAME_CHARS = 200


class SmartList(models.Model):
    """A named search of the library. Its songs are those that match now."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="smart_lists")
    name = models.CharField(max_length=NAME_CHARS)
    name_key = NameKeyField(of="name")
    conditions = models.JSONField(default=dict)  # filter -> value, as in the library's URL
    order = models.CharField(max_length=32)  # a key of the library's order menu
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = [F("name_key").asc(nulls_last=True), "id"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.name}"
