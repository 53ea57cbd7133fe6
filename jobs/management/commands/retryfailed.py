"""`manage.py retryfailed`: put failed jobs back into the queue."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs.models import Job, Status
from jobs.services import JobNotRetryable, job_retry
from jobs.specs.refusals import JobRefused


class Command(BaseCommand):
    help = "Makes failed songs again, without charging for them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="only this user's jobs, by name")
        parser.add_argument("--code", help="only jobs with this error code, such as engine_failed")
        parser.add_argument("--dry-run", action="store_true", help="only list them")

    def handle(self, *args: Any, user: str | None, code: str | None, dry_run: bool, **options: Any) -> None:
        failed = Job.objects.filter(status=Status.FAILED).order_by("id")
        if user:
            failed = failed.filter(user__username=user)
        if code:
            failed = failed.filter(error_code=code)
        count = sum(self._retry(job, dry_run) for job in failed.iterator())
        self.stdout.write(f"{count} failed jobs {'would go' if dry_run else 'went'} back into the queue.")

    def _retry(self, job: Job, dry_run: bool) -> bool:
        if not dry_run:
            try:
                job_retry(job=job)
            except JobNotRetryable:  # another process was faster, or the account is closed
                return False
            except JobRefused as refusal:
                self.stderr.write(f"  {job} stays as it is: {refusal}")
                return False
        self.stdout.write(f"  {job} ({job.error_code})")
        return True
