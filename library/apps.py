from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LibraryConfig(AppConfig):
    name = "library"
    label = "library"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jobs.signals import swept
        from library.selection.deletions import due_deletions_carry_out

        swept.connect(due_deletions_carry_out)
        post_migrate.connect(restore_count_triggers, sender=self)


def restore_count_triggers(using: str, **kwargs: Any) -> None:
    from audiomusic.db.triggers import restore_after_migrate
    from library.integrity import COUNT_TRIGGERS

    restore_after_migrate(COUNT_TRIGGERS, using=using, plan=kwargs.get("plan"))
