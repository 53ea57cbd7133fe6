"""Rate limits of sign-in attempts."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Any

from rest_framework.request import Request

from audiomusic.accounts.selectors import username_of
from audiomusic.http.throttling import WindowThrottle, site_mark


def name_key(login: Any) -> str | None:
    """Return the key under which attempts for a name are counted, normalised like form input and regardless
    of case. An e-mail address counts as its account, so that each account has a single counter."""
    if not isinstance(login, str):
        return None
    # No account name contains NUL, and PostgreSQL refuses to look one up.
    spelled = unicodedata.normalize("NFKC", login).replace("\0", "").strip()
    name = username_of(spelled.encode(errors="replace").decode())
    return sha256(unicodedata.normalize("NFKC", name).casefold().encode()).hexdigest()


class SignInNameThrottle(WindowThrottle):
    """Counts by attempted name: guesses at one account may come from many addresses."""

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
