"""`manage.py prune`: delete old jobs, copies in other formats, deliveries, worker failures and security
events; expired uploads; stray files."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import F, QuerySet
from django.utils import timezone
from django_q.models import Failure

from audiomusic.accounts.security_log.recording import security_events_older_than
from jobs.models import AudioFile, Job
from jobs.services import JobInUse, job_delete
from jobs.storage.files import StorageRefused, delete_files
from jobs.storage.integrity import STRAY_AGE
from jobs.storage.takes import MASTER_FORMAT, stray_names
from jobs.uploads.models import SourceFile
from jobs.uploads.services import sources_prune
from jobs.webhooks.models import WebhookDelivery


def days(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"expected a whole number of days from 1, got {text!r}")
    return int(text)


def old_copies(age_days: int) -> QuerySet[AudioFile]:
    """Return files that can be made again: neither a take's master nor in the requested format."""
    copies = AudioFile.objects.exclude(format=MASTER_FORMAT).exclude(format=F("take__job__format"))
    return copies.filter(created_at__lt=timezone.now() - timedelta(days=age_days))


def old_deliveries(age_days: int) -> QuerySet[WebhookDelivery]:
    """Return deliveries that arrived or failed."""
    past = WebhookDelivery.objects.exclude(status=WebhookDelivery.Status.PENDING)
    return past.filter(created_at__lt=timezone.now() - timedelta(days=age_days))


def old_failures(age_days: int) -> QuerySet[Failure]:
    """Return old failures of workers outside of songs, which the queue itself keeps forever."""
    failures: QuerySet[Failure] = Failure.objects.all()
    return failures.filter(stopped__lt=timezone.now() - timedelta(days=age_days))


class Command(BaseCommand):
    help = "Lists old data and files without a job; with --delete, removes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=days,
            metavar="DAYS",
            help="also finished jobs older than this many days, webhook deliveries, and worker errors",
        )
        parser.add_argument(
            "--copies-older-than",
            type=days,
            metavar="DAYS",
            help="also audio in formats made on request; it is made again when someone requests it",
        )
        parser.add_argument(
            "--events-older-than",
            type=days,
            metavar="DAYS",
            help="also older events of the security log; workers remove those that exceed its own limit",
        )
        parser.add_argument("--delete", action="store_true", help="actually remove them, with their files")

    def handle(
        self,
        *args: Any,
        older_than: int | None,
        copies_older_than: int | None,
        events_older_than: int | None,
        delete: bool,
        **options: Any,
    ) -> None:
        counts = {
            "jobs": self._jobs(older_than, delete),
            "webhook deliveries": self._rows(old_deliveries, older_than, delete),
            "worker errors": self._rows(old_failures, older_than, delete),
            **self._events(events_older_than, delete),
            **self._uploads(delete),
            "copies": self._copies(copies_older_than, delete),
            "files without a job": self._strays(delete),
        }
        if delete:
            call_command("clearsessions")
        verb = "Removed" if delete else "Would remove"
        *first, last = (f"{count} {name}" for name, count in counts.items())
        self.stdout.write(f"{verb} {', '.join(first)} and {last}.")
        if not delete and any(counts.values()):
            self.stdout.write("Nothing was changed; --delete removes them.")

    def _jobs(self, age_days: int | None, delete: bool) -> int:
        if age_days is None:
            return 0
        count, moment = 0, timezone.now() - timedelta(days=age_days)
        for job in Job.objects.finished_before(moment).order_by("id").iterator():
            if delete and not self._is_deleted(job):
                continue
            self.stdout.write(f"  job {job}")
            count += 1
        return count

    def _is_deleted(self, job: Job) -> bool:
        try:
            job_delete(job=job)
        except JobInUse as error:
            self.stdout.write(f"  kept: {error}")
            return False
        return True

    def _rows(self, which: Callable[[int], QuerySet[Any]], age_days: int | None, delete: bool) -> int:
        if age_days is None:
            return 0
        old = which(age_days)
        return old.delete()[0] if delete else old.count()

    def _events(self, age_days: int | None, delete: bool) -> dict[str, int]:
        """Included only if requested."""
        if age_days is None:
            return {}
        return {"security events": self._rows(security_events_older_than, age_days, delete)}

    def _copies(self, age_days: int | None, delete: bool) -> int:
        if age_days is None:
            return 0
        names = list(old_copies(age_days).order_by("id").values_list("storage_name", flat=True))
        self._list_files(names)
        if delete:
            AudioFile.objects.filter(storage_name__in=names).delete()
            delete_files(names)
        return len(names)

    def _uploads(self, delete: bool) -> dict[str, int]:
        """Expired uploads, which workers also delete on their own; included only if there are any."""
        names = list(SourceFile.objects.lapsed().values_list("storage_name", flat=True))
        self._list_files(names)
        count = sources_prune(at_once=len(names)) if delete else len(names)
        return {"expired uploads": count} if names else {}

    def _strays(self, delete: bool) -> int:
        try:
            names = list(stray_names(older_than=STRAY_AGE))
        except StorageRefused as error:
            raise CommandError(f"Files without a job could not be listed: {error}") from None
        self._list_files(names)
        if delete:
            delete_files(names)
        return len(names)

    def _list_files(self, names: list[str]) -> None:
        for name in names:
            self.stdout.write(f"  file {name}")
