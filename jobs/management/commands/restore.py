"""`manage.py restore FILE`: restore what `backup` wrote."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.backups.archive import backup_restore
from jobs.backups.databases import BackupFailed


class Command(BaseCommand):
    help = "Replaces the server's data with a backup. The server must be stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="even if there are users already")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            summary = backup_restore(file, is_replacing=replace)
        except BackupFailed as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"The database and {summary.files} files ({summary.byte_count / 1e6:.1f} MB) are restored. "
            "Check them with manage.py doctor."
        )
        if summary.missing:
            self.stdout.write(f"{len(summary.missing)} files were missing when the backup was written.")
