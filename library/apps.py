from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LibraryConfig(AppConfig):
    name = "library"
    label = "library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(restore_count_triggers, sender=self)


def restore_count_triggers(using: str, **kwargs: Any) -> None:
    """SQLite drops a table's triggers where a migration, of whichever app, makes the table again."""
    from library.integrity import count_triggers_restore

    is_forwards = not any(is_backwards for _, is_backwards in kwargs.get("plan") or ())
    if kwargs.get("plan") and is_forwards:
        count_triggers_restore(using=using)
