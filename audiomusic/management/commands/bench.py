"""`manage.py bench engine|music|queue|api [--json]`: measures this machine against what is wanted."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.bench.listening import JudgeMissing
from audiomusic.bench.report import Report

SUBJECTS = ("engine", "music", "queue", "api")
QUICK_SUBJECTS = ("music",)


class Command(BaseCommand):
    help = "Measures speed, memory and sound; exits with 1 when a wanted figure was missed."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.add_argument("--quick", action="store_true", help="fewer pieces (music only)")

    def handle(self, *args: Any, subject: str, json: bool, quick: bool, **options: Any) -> None:
        if quick and subject not in QUICK_SUBJECTS:
            raise CommandError(f"--quick was wanted of {subject}, and only music has it")
        report = measure(subject, quick)
        self.stdout.write(report.to_json() if json else report.to_table())
        if report.missed:
            raise SystemExit(1)


def measure(subject: str, quick: bool) -> Report:
    """What the subject's module finds. Raises CommandError where something it needs is missing."""
    module = import_module(f"audiomusic.bench.{subject}")
    try:
        report: Report = module.run(quick=True) if quick else module.run()
    except JudgeMissing as error:
        raise CommandError(str(error)) from error
    return report
