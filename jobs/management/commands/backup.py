"""`manage.py backup FILE`: rows, audio and secret as one tar file, while the server runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.backups.archive import backup_write
from jobs.backups.databases import BackupFailed


class Command(BaseCommand):
    help = "Writes all data of the server to one tar file. The server can keep running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            summary = backup_write(file)
        except BackupFailed as error:
            raise CommandError(str(error)) from None
        for name in summary.missing:
            self.stderr.write(f"  not there: {name}")
        self.stdout.write(
            f"{file} holds the database and {summary.files} files "
            f"({summary.byte_count / 1e6:.1f} MB). Keep it secret: it contains the server's secret key."
        )
