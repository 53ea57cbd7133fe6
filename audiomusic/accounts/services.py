"""Changes to users and their keys. Credits have their own package, `credits`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from audiomusic.accounts.models import ApiKey, Scope, User
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.http.page_throttling import PAGES
from audiomusic.http.throttling import parse_rate

FIRST_ADMIN = "admin"


@transaction.atomic
def key_create(
    *, user: User, name: str, scopes: Sequence[Scope] = ("*",), expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create a key and return it with its text, which is not stored and can be shown only now."""
    digest, token = get_digest_token()
    key = ApiKey(
        user=user,
        name=name,
        scopes=list(scopes),
        expiry=expires_at,
        digest=digest,
        token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
    )
    key.save()
    may = "everything" if "*" in scopes else ", ".join(scopes)
    security_event_record(kind=Kind.KEY_MADE, user=user, key=key, detail=f"may: {may}")
    return key, token


@transaction.atomic
def key_revoke(*, key: ApiKey) -> None:
    """Revoke the key. The row stays as a record."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        security_event_record(kind=Kind.KEY_REVOKED, user=key.user, key=key)


def server_rates() -> dict[str, str]:
    """Map each scope to its rate, as the settings define it for all users."""
    return {**settings.RATE_LIMITS, PAGES: settings.PAGE_RATE}


def user_rates_set(*, user: User, rates: Mapping[str, str]) -> dict[str, str]:
    """Set the user's own rates, scope -> rate; a scope that is omitted or empty uses the server's rate. Takes
    effect from the next call. Raises ValueError for an unknown scope or an invalid rate."""
    own = {scope: text for scope, text in rates.items() if text}
    if unknown := sorted(set(own) - set(server_rates())):
        raise ValueError(f"Expected scopes of {', '.join(server_rates())}, got {', '.join(unknown)}.")
    for text in own.values():
        parse_rate(text)
    User.objects.filter(pk=user.pk).update(rate_limits=own)
    user.rate_limits = own
    return own


def user_ensure(*, username: str) -> tuple[User, bool]:
    """Return the user with this name, and whether they were created (then without a password)."""
    user = User.objects.filter(username=username).first()
    if user is not None:
        return user, False
    return User.objects.create_user(username), True


@dataclass(frozen=True)
class FirstAdmin:
    username: str
    password: str
    api_key: str


@transaction.atomic
def ensure_first_admin() -> FirstAdmin | None:
    """Create the first superuser and their key, or return None if there is a superuser already. The returned
    secrets can be shown only now: both are stored hashed."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    admin = User.objects.create_superuser(free_username(FIRST_ADMIN), password=password)
    _, token = key_create(user=admin, name="first key")
    return FirstAdmin(username=admin.username, password=password, api_key=token)


def free_username(wanted: str) -> str:
    """Return the name itself, or with the first numeric suffix that is free."""
    taken = set(User.objects.filter(username__startswith=wanted).values_list("username", flat=True))
    names = (wanted, *(f"{wanted}{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
