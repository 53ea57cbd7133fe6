"""Finds, creates and connects the account of an external identity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import transaction
from django.utils import timezone

from audiomusic.accounts.external.models import ExternalIdentity
from audiomusic.accounts.models import User
from audiomusic.accounts.services import free_username

MAX_NAME_CHARS = 150 - 10  # leaves room for a numeric suffix
MAX_SUBJECT_CHARS = 255
NOT_IN_NAMES = re.compile(r"[^\w.@+-]")


class SignInRefused(Exception):
    """The sign-in is refused; the message tells the user why."""


@transaction.atomic
def identity_sign_in(*, claims: Mapping[str, Any]) -> User:
    """Return the account for these verified claims. Creates it or matches it by e-mail only if the settings
    allow it. Raises SignInRefused."""
    identity = identity_of(claims)
    user = identity.user if identity else _matched_user(claims) or _new_user(claims)
    if not user.is_active:
        raise SignInRefused("This account is closed.")
    if identity is None:
        identity = identity_connect(user=user, claims=claims)
    ExternalIdentity.objects.filter(pk=identity.pk).update(last_used_at=timezone.now())
    _follow_staff_claim(user, claims)
    return user


def identity_of(claims: Mapping[str, Any]) -> ExternalIdentity | None:
    known = ExternalIdentity.objects.select_related("user")
    return known.filter(issuer=claims["iss"], subject=_subject(claims)).first()


def identity_connect(*, user: User, claims: Mapping[str, Any]) -> ExternalIdentity:
    """Connect the identity to this account for future sign-ins."""
    return ExternalIdentity.objects.create(user=user, issuer=claims["iss"], subject=_subject(claims))


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS:
        raise SignInRefused("The provider did not identify you.")
    return subject


def _verified_email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True
    return email if is_verified and isinstance(email, str) and "@" in email else ""


def _matched_user(claims: Mapping[str, Any]) -> User | None:
    """Return the user with the e-mail address that the provider verified, if exactly one account has it."""
    email = _verified_email(claims)
    if settings.OIDC_MATCH_EMAIL != "on" or not email:
        return None
    found = User.objects.filter(email__iexact=email)[:2]
    return found[0] if len(found) == 1 else None


def _new_user(claims: Mapping[str, Any]) -> User:
    if settings.OIDC_SIGN_UP != "on":
        raise SignInRefused(
            "You have no account here yet. If you have one with a password, sign in with it and connect it "
            "on your account page. Otherwise, ask the operator of this server."
        )
    email = _verified_email(claims)
    user = User(username=free_username(_wished_name(claims, email)), email=email)
    user.set_unusable_password()
    user.save()
    return user


def _wished_name(claims: Mapping[str, Any], email: str) -> str:
    """Return a name based on the provider's. `free_username` then makes it unique."""
    for wished in (claims.get("preferred_username"), email.partition("@")[0]):
        if isinstance(wished, str):
            name = NOT_IN_NAMES.sub("", User.normalize_username(wished))[:MAX_NAME_CHARS]
            if name and re.fullmatch(UnicodeUsernameValidator.regex, name):
                return name
    return "listener"


def _follow_staff_claim(user: User, claims: Mapping[str, Any]) -> None:
    """Set `is_staff` from the claim named by AUDIOMUSIC_OIDC_STAFF_CLAIM, if any, at each sign-in. Superusers
    are never changed."""
    if not settings.OIDC_STAFF_CLAIM or user.is_superuser:
        return
    value = claims.get(settings.OIDC_STAFF_CLAIM, [])
    values = value if isinstance(value, list) else [value]
    is_staff = not {each for each in values if isinstance(each, str)}.isdisjoint(settings.OIDC_STAFF_VALUES)
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
