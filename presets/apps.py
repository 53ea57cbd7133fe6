from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _sync(**kwargs: Any) -> None:
    """Sync the shipped presets after every migration, so that no one has to remember a command."""
    from presets.services import presets_sync

    presets_sync()


class PresetsConfig(AppConfig):
    name = "presets"
    label = "presets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_sync, sender=self)
