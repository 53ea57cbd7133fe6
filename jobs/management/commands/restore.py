"""`manage.py restore FILE`: puts back what `backup` wrote."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.backups.archive import backup_restore
from jobs.backups.databases import BackupFailed


class Command(BaseCommand):
    help = "Puts a backup in the place of what is here. The server must not run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="even where there are users already")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            summary = backup_restore(file, is_replacing=replace)
        except BackupFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"The database and {summary.files} files ({summary.byte_count / 1e6:.1f} MB) are back. "
            "manage.py doctor proves them."
        )
        if summary.missing:
            self.stdout.write(f"{len(summary.missing)} files were missing when the backup was written.")
