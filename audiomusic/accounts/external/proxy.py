"""Sign-in by a reverse proxy that names the user in a header (AUDIOMUSIC_PROXY_USER_HEADER).

Anyone who can set that header can sign in as anyone. So it is trusted only on connections from
AUDIOMUSIC_PROXY_ADDRESSES, and removed from all other requests before anything reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import HttpRequest

from audiomusic.accounts.models import User

BACKEND = "audiomusic.accounts.external.proxy.ProxyBackend"
MAX_NAME_CHARS = 150


def proxy_networks() -> list[IPv4Network | IPv6Network]:
    """Return the trusted networks. Raises ValueError for an invalid address."""
    return [ip_network(text) for text in settings.PROXY_ADDRESSES]


def is_from_proxy(request: HttpRequest) -> bool:
    """Return whether the connection itself comes from a trusted proxy; headers do not count. If the settings
    are invalid, nothing is trusted."""
    if not settings.PROXIES.isdecimal() or int(settings.PROXIES) < 1:
        return False
    try:
        networks: Sequence[IPv4Network | IPv6Network] = proxy_networks()
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def is_signed_in_by_proxy(request: HttpRequest) -> bool:
    return request.session.get(BACKEND_SESSION_KEY) == BACKEND


class ProxyBackend(RemoteUserBackend):
    """Signs in the user whom the proxy names, and creates accounts only with AUDIOMUSIC_PROXY_SIGN_UP=on."""

    @property
    def create_unknown_user(self) -> bool:  # type: ignore[override]  # reads the settings at run time
        return bool(settings.PROXY_SIGN_UP == "on")

    def authenticate(  # type: ignore[override]  # as in Django, where the stubs say the same
        self, request: HttpRequest | None, remote_user: str | None = None
    ) -> User | None:
        name = self.clean_username(remote_user or "")
        is_name = len(name) <= MAX_NAME_CHARS and re.fullmatch(UnicodeUsernameValidator.regex, name)
        return super().authenticate(request, remote_user=name) if is_name else None

    def configure_user(  # type: ignore[override]  # this server has one kind of user
        self, request: HttpRequest | None, user: User, created: bool = True
    ) -> User:
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return user

    def clean_username(self, username: str) -> str:
        """Return the name in the form that is stored. Two headers arrive as one with a comma, which is not a
        valid name."""
        return User.normalize_username(username.strip())


class ProxySignIn(RemoteUserMiddleware):
    """Keeps the session in step with the proxy's header: another name signs in another user, and without a
    name a user whom the proxy signed in is signed out."""

    @property
    def header(self) -> str:  # type: ignore[override]  # reads the settings at run time
        return f"HTTP_{settings.PROXY_USER_HEADER.upper().replace('-', '_')}"

    def process_request(self, request: HttpRequest) -> Any:
        if not settings.PROXY_USER_HEADER:
            return None
        if not is_from_proxy(request):
            request.META.pop(self.header, None)
        return super().process_request(request)
