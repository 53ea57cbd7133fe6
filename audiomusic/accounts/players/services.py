"""All writes of player passwords."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audiomusic.accounts.credits.ledger import account_lock
from audiomusic.accounts.models import User
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.sealing import SealBroken, reseal, seal
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record

MOST = 10  # per user: a sign-in by token is compared with each
#: Letters and digits that are not easily confused and need no URL escaping.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 26  # 130 bits
LAST_USED_EVERY = timedelta(minutes=1)


class TooManyPlayerPasswords(Exception):
    """The user has reached the maximum number of player passwords; the message says so."""


def digest_of(password: str) -> str:
    """Return the digest for the lookup. Passwords are random, so no slow hash is needed."""
    return hashlib.sha256(password.encode(errors="surrogatepass")).hexdigest()


@transaction.atomic
def player_password_create(*, user: User, name: str) -> tuple[PlayerPassword, str]:
    """Create a password; its returned text is shown only now. Raises TooManyPlayerPasswords."""
    account_lock(user=user)  # one at a time, so that the count is correct
    if PlayerPassword.objects.of_user(user).count() >= MOST:
        raise TooManyPlayerPasswords(
            f"Expected at most {MOST} player passwords, got one more: revoke one first."
        )
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    row = PlayerPassword.objects.create(user=user, name=name, digest=digest_of(text), sealed=seal(text))
    security_event_record(kind=Kind.PLAYER_PASSWORD_MADE, user=user, detail=f"“{name}”")
    return row, text


@transaction.atomic
def player_password_revoke(*, password: PlayerPassword) -> None:
    """Revoke the password. Repeating this is harmless."""
    if PlayerPassword.objects.filter(pk=password.pk).delete()[0]:
        security_event_record(
            kind=Kind.PLAYER_PASSWORD_REVOKED, user=password.user, detail=f"“{password.name}”"
        )


def player_password_note_use(*, password: PlayerPassword, address: str | None) -> None:
    """Record the last use and its address, at most once a minute: players call constantly."""
    now = timezone.now()
    if password.last_used_at is not None and password.last_used_at > now - LAST_USED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_EVERY)
    PlayerPassword.objects.filter(stale, pk=password.pk).update(last_used_at=now, last_address=address)


def player_passwords_reseal() -> int:
    """Seal all passwords under the newest secret key, before an older one is dropped. Returns how many."""
    count = 0
    for password in PlayerPassword.objects.iterator():
        try:
            sealed = reseal(password.sealed)
        except SealBroken:  # lost with an earlier key; its owner creates another
            continue
        count += PlayerPassword.objects.filter(pk=password.pk).update(sealed=sealed)
    return count
