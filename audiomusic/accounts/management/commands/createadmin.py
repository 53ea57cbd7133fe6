"""`manage.py createadmin`: creates the first superuser and their API key, if there is none yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audiomusic.accounts.services import ensure_first_admin


class Command(BaseCommand):
    help = "Creates the first superuser with a random password and an API key, shown once."

    def handle(self, *args: Any, **options: Any) -> None:
        first = ensure_first_admin()
        if first is None:
            self.stdout.write("A superuser already exists; nothing was created.")
            return
        self.stdout.write(f"name      {first.username}")
        self.stdout.write(f"password  {first.password}")
        self.stdout.write(f"API key   {first.api_key}")
