"""`manage.py rotatesecret`: sign with a new secret key, and later drop the old ones."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.core.management.utils import get_random_secret_key

from audiomusic.accounts.players.services import player_passwords_reseal
from audiomusic.server.secret_key import FILE_NAME, old_secret_keys_drop, secret_key_rotate
from jobs.webhooks.services import endpoints_losing_secrets, endpoints_remember_key

RESTART = "Restart every part of the server on every host."
LASTING = (
    "Existing sessions, links, tokens and webhooks keep working until "
    "`manage.py rotatesecret --drop-old`; links last {hours} hours, tokens {days} days."
)


class Command(BaseCommand):
    help = "Signs with a new secret key; signatures of the old one keep working until --drop-old."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drop-old", action="store_true", help="stop accepting all keys except the newest"
        )
        parser.add_argument(
            "--force", action="store_true", help="with --drop-old: even if webhooks stop working"
        )

    def handle(self, *args: Any, drop_old: bool, force: bool, **options: Any) -> None:
        if drop_old:
            self._drop(force)
        else:
            self._rotate()

    def _rotate(self) -> None:
        endpoints_remember_key()
        if settings.SECRET_KEY_IS_GIVEN:
            self.stdout.write(
                "AUDIOMUSIC_SECRET_KEY is set. Put its value in front of AUDIOMUSIC_SECRET_KEY_FALLBACKS "
                "(a comma between keys), and give every host the new one:"
            )
            self.stdout.write(f"AUDIOMUSIC_SECRET_KEY={get_random_secret_key()}")
        else:
            secret_key_rotate(data_dir=settings.DATA_DIR)
            self.stdout.write(f"{settings.DATA_DIR / FILE_NAME} begins with a new key.")
        days = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].days
        self.stdout.write(f"{RESTART} {LASTING.format(hours=settings.AUDIO_LINK_HOURS, days=days)}")

    def _drop(self, force: bool) -> None:
        endpoints_remember_key()
        lost = endpoints_losing_secrets()
        if lost and not force:
            urls = ", ".join(f"{endpoint.url} of {endpoint.user.username}" for endpoint in lost)
            raise CommandError(
                f"{len(lost)} webhooks are signed with a secret of an old key and would stop: "
                f"{urls}. Ask their owners to create them again, or drop the keys anyway with --force."
            )
        player_passwords_reseal()
        if settings.SECRET_KEY_IS_GIVEN:
            self.stdout.write(f"Remove AUDIOMUSIC_SECRET_KEY_FALLBACKS on every host. {RESTART}")
            return
        count = old_secret_keys_drop(data_dir=settings.DATA_DIR)
        self.stdout.write(f"{count} old keys are gone. {RESTART}")
