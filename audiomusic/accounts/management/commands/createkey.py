"""`manage.py createkey USER`: creates an API key and prints only the key on standard output."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audiomusic.accounts.models import SCOPES, Scope
from audiomusic.accounts.services import key_create, user_ensure


class Command(BaseCommand):
    help = "Creates an API key and prints it once. Creates the user if none has that name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USER")
        parser.add_argument("--name", default="command line", help="what the key is for")
        parser.add_argument("--scopes", nargs="+", choices=list(SCOPES), default=["*"])
        parser.add_argument("--expires-days", type=int, metavar="DAYS", help="default: never")

    def handle(
        self,
        *args: Any,
        username: str,
        name: str,
        scopes: list[Scope],
        expires_days: int | None,
        **options: Any,
    ) -> None:
        if expires_days is not None and expires_days < 1:
            raise CommandError(f"--expires-days must be at least 1, not {expires_days}.")
        expires_at = None if expires_days is None else timezone.now() + timedelta(days=expires_days)
        user, is_new = user_ensure(username=username)
        if is_new:
            self.stderr.write(f"Created the user {username}, without a password.")
        _, token = key_create(user=user, name=name, scopes=scopes, expires_at=expires_at)
        self.stdout.write(token)
