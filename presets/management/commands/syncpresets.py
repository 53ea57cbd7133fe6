from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from presets.services import presets_sync


class Command(BaseCommand):
    help = "Updates the shipped genre presets; presets that staff edited stay as they are."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        counts = presets_sync()
        if verbosity > 0:
            self.stdout.write(
                f"Presets: {counts.created} created, {counts.updated} updated, "
                f"{counts.kept} kept as staff edited them."
            )
