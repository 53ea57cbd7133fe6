"""System checks of the addresses in the settings; audiomusic.checks has the other checks."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from audiomusic.http.origins.cors import is_origin

#: Paths that a prefix must not use: a proxy that strips the prefix would strip these too.
OWN_ROOMS = frozenset({"admin", "api", "audio", "static", "rest", "mcp", "s"})


@register()
def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.PUBLIC_URL and not _is_public_url(settings.PUBLIC_URL):
        hint = "Set it to the address that people type, such as https://music.example.org or https://example.org/music."
        found.append(
            Error(f"AUDIOMUSIC_PUBLIC_URL is {settings.PUBLIC_URL!r}.", hint=hint, id="audiomusic.E094")
        )
    for host in settings.ALLOWED_HOSTS:
        if "/" in host or host.count(":") > 1 and not re.fullmatch(r"\[[0-9a-fA-F:.]+\]", host):
            hint = "List only names and addresses, without a scheme, and IPv6 in brackets: [2001:db8::5]."
            sentence = f"AUDIOMUSIC_ALLOWED_HOSTS contains {host!r}, which never matches a request."
            found.append(Error(sentence, hint=hint, id="audiomusic.E095"))
    first = (settings.FORCE_SCRIPT_NAME or "").split("/")[1:2]
    if first and first[0] in OWN_ROOMS:
        hint = "Choose another path, such as /music."
        sentence = f"AUDIOMUSIC_PUBLIC_URL puts the server under /{first[0]}, which is one of its own paths."
        found.append(Error(sentence, hint=hint, id="audiomusic.E096"))
    return found


def _is_public_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (looks at it)
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or parts.username or parts.password)
    is_path = re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parts.path) is not None
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain and is_path


@register()
def check_cors(**kwargs: Any) -> list[CheckMessage]:
    hint = "List the origins as browsers send them, separated by commas: https://player.example.org"
    return [
        Error(f"AUDIOMUSIC_CORS_ORIGINS: expected origins, got {text!r}.", hint=hint, id="audiomusic.E093")
        for text in settings.CORS_ORIGINS
        if not is_origin(text)
    ]
