"""How often somebody may try to sign in."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Any

from rest_framework.request import Request

from audiomusic.accounts.selectors import username_of
from audiomusic.http.throttling import WindowThrottle, site_mark


def name_key(login: Any) -> str | None:
    """What tries of a name are counted under, in whichever letters it is spelled, as forms read it. An e-mail
    address counts as the account that has it, so that each account is guessed at under one number."""
    if not isinstance(login, str):
        return None
    # No account has a name with these; PostgreSQL refuses to look for one.
    spelled = unicodedata.normalize("NFKC", login).replace("\0", "").strip()
    name = username_of(spelled.encode(errors="replace").decode())
    return sha256(unicodedata.normalize("NFKC", name).casefold().encode()).hexdigest()


class SignInNameThrottle(WindowThrottle):
    """Counts by the name that is tried: guesses at one account may come from many addresses."""

    scope = "sign-in-name"
    rate = "10/min"

    def throttle_key(self, request: Request) -> str | None:
        return name_key(request.data.get("username")) if hasattr(request.data, "get") else None


class SignInAddressThrottle(WindowThrottle):
    """Counts by address: one visitor may try many names."""

    scope = "sign-in-address"
    rate = "60/min"


class SignInSiteThrottle(WindowThrottle):
    """Counts by IPv6 site: one visitor may have many networks."""

    scope = "sign-in-site"
    rate = "120/min"

    def throttle_key(self, request: Request) -> str | None:
        return site_mark(request)
