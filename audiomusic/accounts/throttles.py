"""How often somebody may try to sign in."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView


class SignInNameThrottle(SimpleRateThrottle):
    """Counts by the name that is tried: guesses at one account may come from many addresses."""

    scope = "sign_in_name"
    rate = "10/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        name = request.data.get("username") if hasattr(request.data, "get") else None
        if not isinstance(name, str):
            return None
        ident = sha256(name.strip().lower().encode(errors="replace")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}


class SignInAddressThrottle(AnonRateThrottle):
    """Counts by address: one visitor may try many names."""

    scope = "sign_in_address"
    rate = "60/min"
