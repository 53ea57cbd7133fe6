"""`manage.py work`: the worker processes that make the songs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_q.cluster import Cluster

from audiomusic.data_folder import data_folder_mend
from jobs.worker import be_cluster, request_stop

SENTINEL_DIES_S = 0.3


class GentleCluster(Cluster):
    """django-q2's cluster, except that it does not wait for songs: its workers give them back."""

    is_stopping_gently = False

    def stop(self) -> bool:
        self.is_stopping_gently = True
        request_stop()
        # Where the whole process group was signalled the sentinel dies of it, and telling a dead
        # one to stop would wait for its answer for ever. Let it die first.
        self.sentinel.join(SENTINEL_DIES_S)
        return bool(super().stop())


class Command(BaseCommand):
    help = "Makes the waiting songs, AUDIOMUSIC_WORKERS at a time; SIGTERM or Ctrl-C gives them back."

    def handle(self, *args: Any, skip_checks: bool, **options: Any) -> None:
        if not skip_checks and (refused := data_folder_mend().sentence):  # else serve has just done it
            self.stderr.write(refused)
        be_cluster()
        cluster = GentleCluster()
        cluster.start()
        cluster.sentinel.join()
        if not cluster.is_stopping_gently:
            raise CommandError(f"The queue's sentinel ended with code {cluster.sentinel.exitcode}.")
