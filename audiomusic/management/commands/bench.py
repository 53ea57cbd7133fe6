"""`manage.py bench engine|music|queue|api|faults [--json]`: measures this machine against what is wanted."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.bench.listening import JudgeMissing
from audiomusic.bench.report import Report

SUBJECTS = ("engine", "music", "queue", "api", "faults")
DATABASES = ("sqlite", "postgres", "both")
QUICK_SUBJECTS = ("music",)


class Command(BaseCommand):
    help = "Measures speed, memory and music; exits with 1 when a wanted figure was missed."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument("--quick", action="store_true", help="fewer pieces (music only)")
        parser.add_argument(
            "--jobs", type=int, default=100_000, metavar="N", help="api: with N jobs (100000)"
        )
        parser.add_argument(
            "--database", choices=DATABASES, default="sqlite", help="api, faults: on which (sqlite)"
        )
        parser.add_argument(
            "--minutes", type=float, default=3.0, metavar="M", help="faults: for M minutes (3)"
        )

    def handle(
        self,
        *args: Any,
        subject: str,
        json: bool,
        quick: bool,
        jobs: int,
        database: str,
        minutes: float,
        **options: Any,
    ) -> None:
        if quick and subject not in QUICK_SUBJECTS:
            raise CommandError(f"--quick was wanted of {subject}, and only music has it")
        wishes: dict[str, dict[str, Any]] = {
            "api": {"jobs": jobs, "database": database},
            "faults": {"minutes": minutes, "database": database},
        }
        report = measure(subject, **wishes.get(subject, {}) | ({"quick": True} if quick else {}))
        self.stdout.write(report.to_json() if json else report.to_table())
        if report.missed:
            raise SystemExit(1)


def measure(subject: str, **wishes: Any) -> Report:
    """The subject's report. Raises CommandError with a sentence where a judge is not installed."""
    try:
        report: Report = import_module(f"audiomusic.bench.{subject}").run(**wishes)
    except JudgeMissing as error:
        raise CommandError(str(error)) from None
    return report
