"""`manage.py loadjobs N`: fills the database with realistic jobs, to test how it copes."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from audiomusic.bench.fixtures.sample_jobs import USERS, sample_jobs
from audiomusic.bench.fixtures.sample_rows import ensure_users, refresh_statistics, widen_cache, write_jobs

MAX_COUNT = 10_000_000
CHUNK = 20_000  # jobs per transaction: a few seconds, during which SQLite has no other writer


def job_count(text: str) -> int:
    digits = text.replace("_", "")
    if not digits.isdigit() or not 1 <= int(digits) <= MAX_COUNT:
        raise ArgumentTypeError(f"expected a whole number from 1 to {MAX_COUNT}, got {text!r}")
    return int(digits)


class Command(BaseCommand):
    help = "Adds N sample jobs with tags, takes and likes; half of them belong to one user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=job_count, metavar="N")
        parser.add_argument("--seed", type=int, default=1, help="another seed, other jobs (1)")
        parser.add_argument("--user", default="bulk", metavar="NAME", help="who owns every other job (bulk)")

    def handle(self, *args: Any, count: int, seed: int, user: str, **options: Any) -> None:
        start = time.monotonic()
        widen_cache()
        owners = ensure_users(user, USERS)
        samples = sample_jobs(count, seed=seed, until=timezone.now())
        written = 0
        while chunk := list(islice(samples, CHUNK)):
            write_jobs(chunk, owners)
            written += len(chunk)
            self.stdout.write(f"  {written:,} of {count:,} jobs, {time.monotonic() - start:.0f} s")
            self.stdout.flush()
        refresh_statistics()
        self.stdout.write(f"Loaded {count:,} jobs for {USERS} users; {user} owns every other one.")
