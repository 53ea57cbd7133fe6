"""The client's address, as far as it can be trusted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

VISITOR_BITS = 64  # of an IPv6 address: the network that a provider assigns to one visitor (RFC 6177)
SITE_BITS = 48  # the network that it assigns to one customer


def client_address(request: HttpRequest | Request) -> str | None:
    """Return the client's address, or None if there is none. AUDIOMUSIC_PROXIES decides how many proxies are
    trusted, both here and in the throttles.
    """
    text = BaseThrottle().get_ident(cast(Request, request)) or ""
    try:
        ip = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def _without_port(text: str) -> str:
    """Strip the port that some proxies add: 192.0.2.7:50123, [2001:db8::7]:50123."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def network_of(address: str | None, *, bits: int) -> str:
    """Return the key that identifies a client: the address itself, or the network of the first `bits` of an
    IPv6 address, because one visitor can choose any address in it. Empty for None.
    """
    if address is None:
        return ""
    ip = ip_address(address)
    return str(ip_network((ip, bits), strict=False)) if isinstance(ip, IPv6Address) else address
