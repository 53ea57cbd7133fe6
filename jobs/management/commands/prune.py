"""`manage.py prune`: old jobs and files that no job knows."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from jobs.models import Job
from jobs.outputs import delete_files, stray_names
from jobs.services import job_delete

#: A younger file may belong to a song that is being made; its row comes when the song is done.
STRAY_AGE = timedelta(hours=24)


def days(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number of days from 1 was wanted, not {text!r}")
    return int(text)


class Command(BaseCommand):
    help = "Lists what could go, or with --delete removes it: old finished jobs, and files without a job."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than", type=days, metavar="DAYS", help="also finished jobs older than so many days"
        )
        parser.add_argument("--delete", action="store_true", help="really remove them, with their files")

    def handle(self, *args: Any, older_than: int | None, delete: bool, **options: Any) -> None:
        now = timezone.now()
        old = Job.objects.none()
        if older_than is not None:
            old = Job.objects.finished_before(now - timedelta(days=older_than)).order_by("id")
        lost = self._strays()
        job_count = sum(self._prune(job, delete) for job in old.only("id", "display_name").iterator())
        for name in lost:
            self.stdout.write(f"  file {name}")
        if delete:
            delete_files(lost)
        verb = "Removed" if delete else "Would remove"
        self.stdout.write(f"{verb} {job_count} jobs and {len(lost)} files without a job.")
        if not delete and (job_count or lost):
            self.stdout.write("Nothing was changed; --delete removes them.")

    def _strays(self) -> list[str]:
        try:
            return list(stray_names(older_than=STRAY_AGE))
        except FileNotFoundError:  # no song was ever stored
            return []

    def _prune(self, job: Job, delete: bool) -> bool:
        self.stdout.write(f"  job {job}")
        if delete:
            job_delete(job=job)
        return True
