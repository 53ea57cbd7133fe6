"""`manage.py bench engine|queue|api [--json]`: measures this machine against what is wanted."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand

SUBJECTS = ("engine", "queue", "api")


class Command(BaseCommand):
    help = "Measures speed and memory; exits with 1 when a wanted figure was missed."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, subject: str, json: bool, **options: Any) -> None:
        report = import_module(f"audiomusic.bench.{subject}").run()
        self.stdout.write(report.to_json() if json else report.to_table())
        if report.missed:
            raise SystemExit(1)
