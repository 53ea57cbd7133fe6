"""Whose account it is whom a provider vouches for."""

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

MAX_NAME_CHARS = 150 - 10  # leaves room for a number behind it
MAX_SUBJECT_CHARS = 255
NOT_IN_NAMES = re.compile(r"[^\w.@+-]")


class SignInRefused(Exception):
    """Nobody is signed in; the text says why, to who tried it."""


@transaction.atomic
def identity_sign_in(*, claims: Mapping[str, Any]) -> User:
    """The account of a person with these proven claims; made or matched by e-mail only where settings say
    so. Raises SignInRefused."""
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
    """From now on this person signs in to this account."""
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
    """By an e-mail address that the provider has verified and that one account alone has."""
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
    """A name like the one that the provider has for them; never an account's that is there already."""
    for wished in (claims.get("preferred_username"), email.partition("@")[0]):
        if isinstance(wished, str):
            name = NOT_IN_NAMES.sub("", User.normalize_username(wished))[:MAX_NAME_CHARS]
            if name and re.fullmatch(UnicodeUsernameValidator.regex, name):
                return name
    return "listener"


def _follow_staff_claim(user: User, claims: Mapping[str, Any]) -> None:
    """Who is staff follows the provider at each sign-in, where AUDIOMUSIC_OIDC_STAFF_CLAIM says by what.
    A superuser's mark is never touched."""
    if not settings.OIDC_STAFF_CLAIM or user.is_superuser:
        return
    value = claims.get(settings.OIDC_STAFF_CLAIM, [])
    values = value if isinstance(value, list) else [value]
    is_staff = not {each for each in values if isinstance(each, str)}.isdisjoint(settings.OIDC_STAFF_VALUES)
    if user.is_staff != is_staff:
        user.is_staff = is_staff
        user.save(update_fields=["is_staff"])
