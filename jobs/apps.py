from typing import Any

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, post_save, pre_delete
        from django_q.signals import post_spawn

        from jobs.models import Job
        from jobs.signals import job_ended
        from jobs.storage.orphans import record_deletion
        from jobs.uploads.models import SourceFile
        from jobs.uploads.services import record_source_deletion
        from jobs.webhooks.events import record_end
        from jobs.worker.process import prepare_worker
        from jobs.worker.shut_accounts import cancel_jobs_of_shut_user

        post_spawn.connect(prepare_worker)
        job_ended.connect(record_end)
        post_save.connect(cancel_jobs_of_shut_user, sender="accounts.User")
        pre_delete.connect(record_deletion, sender=Job)
        pre_delete.connect(record_source_deletion, sender=SourceFile)
        post_migrate.connect(restore_triggers, sender=self)
        post_migrate.connect(fold_stale_texts, sender=self)


def restore_triggers(using: str, **kwargs: Any) -> None:
    from audiomusic.db.triggers import restore_after_migrate
    from jobs.search.integrity import SEARCH_TRIGGERS
    from jobs.storage.usage import STORAGE_TRIGGERS

    restore_after_migrate(STORAGE_TRIGGERS, SEARCH_TRIGGERS, using=using, plan=kwargs.get("plan"))


def fold_stale_texts(using: str, **kwargs: Any) -> None:
    """Update the search texts after a migration that changes how texts are compared, so that the first search
    does not have to. Skipped after a partial migration, when the tables do not match the models yet."""
    from django.db import DEFAULT_DB_ALIAS, connections
    from django.db.migrations.loader import MigrationLoader

    from jobs.search.documents import search_documents_update

    if using != DEFAULT_DB_ALIAS or not kwargs.get("plan"):
        return
    loader = MigrationLoader(connections[using])
    if all(leaf in loader.applied_migrations for leaf in loader.graph.leaf_nodes("jobs")):
        search_documents_update()
