"""How often somebody may try to sign in."""

from __future__ import annotations

from hashlib import sha256

from rest_framework.request import Request

from audiomusic.throttles import WindowThrottle


class SignInNameThrottle(WindowThrottle):
    """Counts by the name that is tried: guesses at one account may come from many addresses."""

    scope = "sign-in-name"
    rate = "10/min"

    def caller_of(self, request: Request) -> str | None:
        name = request.data.get("username") if hasattr(request.data, "get") else None
        if not isinstance(name, str):
            return None
        return sha256(name.strip().lower().encode(errors="replace")).hexdigest()


class SignInAddressThrottle(WindowThrottle):
    """Counts by address: one visitor may try many names."""

    scope = "sign-in-address"
    rate = "60/min"
