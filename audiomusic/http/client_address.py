"""Where a call comes from, as far as that can be believed."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

VISITOR_BITS = 64  # of an IPv6 address: what a provider gives one visitor (RFC 6177)
SITE_BITS = 48  # what it gives one customer


def client_address(request: HttpRequest | Request) -> str | None:
    """The caller's address; None where there is none. Of what proxies say, AUDIOMUSIC_PROXIES decides
    how much is believed, for the throttles and here alike."""
    text = BaseThrottle().get_ident(cast(Request, request)) or ""
    try:
        ip = ip_address(_without_port(text).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def _without_port(text: str) -> str:
    """As some proxies write it: 192.0.2.7:50123, [2001:db8::7]:50123."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def network_of(address: str | None, *, bits: int) -> str:
    """What an address is known by: itself, or with IPv6 the first `bits` of it, since one visitor has
    the whole network to choose addresses from. Empty for None."""
    if address is None:
        return ""
    ip = ip_address(address)
    return str(ip_network((ip, bits), strict=False)) if isinstance(ip, IPv6Address) else address
