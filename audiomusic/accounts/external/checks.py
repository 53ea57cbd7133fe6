"""System checks of external sign-in; audiomusic.checks has the others."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

#: Headers that visitors set themselves, or that have another meaning.
NOT_OF_USERS = frozenset(
    {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-api-key", "x-csrftoken", "user-agent"}
)
MIN_PROXY_BITS = {4: 8, 6: 32}  # the shortest prefix allowed for a trusted network


@register()
def check_oidc(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if bool(settings.OIDC_STAFF_CLAIM) != bool(settings.OIDC_STAFF_VALUES):
        hint = "Set both, such as groups and music-staff, or neither."
        sentence = "AUDIOMUSIC_OIDC_STAFF_CLAIM and AUDIOMUSIC_OIDC_STAFF_VALUES go together."
        found.append(Error(sentence, hint=hint, id="audiomusic.E054"))
    parts = (settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    if any(parts) and not all(parts):
        hint = "Set AUDIOMUSIC_OIDC_ISSUER, AUDIOMUSIC_OIDC_CLIENT_ID and AUDIOMUSIC_OIDC_CLIENT_SECRET."
        found.append(Error("OpenID Connect is configured in part.", hint=hint, id="audiomusic.E055"))
    if settings.OIDC_ISSUER and not _is_safe_issuer(settings.OIDC_ISSUER):
        hint = "Set it to the provider's own https:// address, its issuer."
        sentence = f"AUDIOMUSIC_OIDC_ISSUER is {settings.OIDC_ISSUER!r}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E056"))
    if settings.OIDC_ISSUER and settings.OIDC_MATCH_EMAIL == "on" and settings.SIGN_UP == "open":
        hint = "Set AUDIOMUSIC_SIGN_UP=closed, or AUDIOMUSIC_OIDC_MATCH_EMAIL=off."
        sentence = (
            "Accounts are matched by e-mail address, and anyone can create an account with someone "
            "else's address."
        )
        found.append(Warning(sentence, hint=hint, id="audiomusic.W002"))
    return found


def _is_safe_issuer(address: str) -> bool:
    """Require HTTPS except within this machine: anyone on a plain HTTP path could forge an identity."""
    parts = urlsplit(address)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


@register()
def check_proxy_sign_in(**kwargs: Any) -> list[CheckMessage]:
    """Check the proxy settings strictly: anyone who can send the header can sign in as anyone."""
    found: list[CheckMessage] = []
    header = settings.PROXY_USER_HEADER
    if not header:
        return found
    if not re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)+", header) or header.lower() in NOT_OF_USERS:
        hint = "Set it to a header that the proxy itself sets on every request, such as X-Remote-User."
        sentence = f"AUDIOMUSIC_PROXY_USER_HEADER is {header!r}."
        found.append(Error(sentence, hint=hint, id="audiomusic.E058"))
    if not settings.PROXIES.isdecimal() or int(settings.PROXIES) == 0:
        hint = "Set AUDIOMUSIC_PROXIES to the number of proxies in front of the server."
        sentence = "AUDIOMUSIC_PROXY_USER_HEADER is set, but no proxy is trusted."
        found.append(Error(sentence, hint=hint, id="audiomusic.E059"))
    return found + [
        Error(
            f"AUDIOMUSIC_PROXY_ADDRESSES: {problem}",
            hint="Set it to the proxy's addresses, such as 127.0.0.1 or 10.0.3.0/24.",
            id="audiomusic.E060",
        )
        for problem in _proxy_address_problems()
    ]


def _proxy_address_problems() -> list[str]:
    if not settings.PROXY_ADDRESSES:
        return ["it is empty, so no proxy is trusted."]
    problems = []
    for text in settings.PROXY_ADDRESSES:
        try:
            network = ip_network(text)
        except ValueError as error:
            problems.append(f"{error}.")
            continue
        if network.prefixlen < MIN_PROXY_BITS[network.version]:
            problems.append(f"{text} is too large to be a private network.")
    return problems
