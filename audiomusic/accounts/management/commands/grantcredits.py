"""`manage.py grantcredits USER N`: grants a user credits."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.accounts.credits.ledger import MAX_GRANT, credits_grant
from audiomusic.accounts.models import User


class Command(BaseCommand):
    help = "Gives a user credits and prints the new balance."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USER")
        parser.add_argument("amount", metavar="N", type=int)
        parser.add_argument("--note", default="command line")

    def handle(self, *args: Any, username: str, amount: int, note: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        if amount < 1:
            raise CommandError(f"N must be at least 1, not {amount}.")
        if amount > MAX_GRANT:
            raise CommandError(f"Expected N of at most {MAX_GRANT:,}, got {amount:,}.")
        entry = credits_grant(user=user, amount=amount, note=note)
        self.stdout.write(f"{username} was granted {amount} credits and has {entry.balance_after}.")
