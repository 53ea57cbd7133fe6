"""Queries of users."""

from __future__ import annotations

from audiomusic.accounts.models import User


def username_of(login: str) -> str:
    """Return the username for a sign-in name: the name itself, or the user of an e-mail address that only one
    user has."""
    if "@" not in login or User.objects.filter(username=login).exists():
        return login
    found = User.objects.filter(email__iexact=login).values_list("username", flat=True)[:2]
    return found[0] if len(found) == 1 else login
