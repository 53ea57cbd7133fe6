"""`manage.py work`: run the worker processes that make the songs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.server.data_folder import data_folder_mend
from jobs.worker.cluster import GentleCluster
from jobs.worker.process import is_broken, register_cluster


class Command(BaseCommand):
    help = (
        "Makes the waiting songs, AUDIOMUSIC_WORKERS at a time; SIGTERM or Ctrl-C puts unfinished ones "
        "back in the queue."
    )

    def handle(self, *args: Any, skip_checks: bool, **options: Any) -> None:
        if not skip_checks and (refused := data_folder_mend().sentence):  # otherwise serve has just done it
            self.stderr.write(refused)
        register_cluster()
        cluster = GentleCluster()
        cluster.start()
        cluster.watch()
        if cluster.has_been_hurt or is_broken():
            raise CommandError("The workers were stopped because they did no work. Start them again.")
        if not cluster.is_stopping_gently:
            raise CommandError(f"The queue's sentinel ended with code {cluster.sentinel.exitcode}.")
