"""How often somebody may try to sign in."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Any

from rest_framework.request import Request

from audiomusic.throttles import WindowThrottle


def name_mark(name: Any) -> str | None:
    """What tries of a name are counted under, however it was spelled: forms take ｏｌｉｖｅ for olive."""
    if not isinstance(name, str):
        return None
    return sha256(unicodedata.normalize("NFKC", name).strip().casefold().encode(errors="replace")).hexdigest()


class SignInNameThrottle(WindowThrottle):
    """Counts by the name that is tried: guesses at one account may come from many addresses."""

    scope = "sign-in-name"
    rate = "10/min"

    def caller_of(self, request: Request) -> str | None:
        return name_mark(request.data.get("username")) if hasattr(request.data, "get") else None


class SignInAddressThrottle(WindowThrottle):
    """Counts by address: one visitor may try many names."""

    scope = "sign-in-address"
    rate = "60/min"
