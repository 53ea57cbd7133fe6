"""`manage.py pictures`: screenshots of every page and drawings of the studio engine's output, for the README,
the docs and developers.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.bench.engine.drawings import draw_studio
from audiomusic.bench.fixtures.demo_data import SONGS, furnish
from audiomusic.bench.pages.pictures import SHOTS, PicturedUser, shrink, take_pictures
from audiomusic.devtools.scratch_server import ROOT, ScratchServer

STUDIO = "studio"  # the engine's own drawings instead of a page


class Command(BaseCommand):
    help = "Makes a few songs on a temporary server and takes a screenshot of each page, light and dark."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--into", default=str(ROOT / "docs" / "pictures"), metavar="FOLDER")
        parser.add_argument("--only", default="", choices=["", STUDIO, *(shot.name for shot in SHOTS)])

    def handle(self, *args: Any, into: str, only: str, **options: Any) -> None:
        if only == STUDIO:
            self._tell(draw_studio(Path(into)))
            return
        with ScratchServer() as server:
            self.stdout.write(f"Making {len(SONGS)} songs")
            demo = furnish(server)
            pictured = PicturedUser(server.base_url, demo.username, demo.password, demo.places)
            try:
                taken = take_pictures(pictured, Path(into), only)
            except (FileNotFoundError, ImportError) as error:
                raise CommandError(str(error)) from None
        self._tell(taken)

    def _tell(self, files: list[Path]) -> None:
        for file in files:
            shrink(file)
            self.stdout.write(str(file))
