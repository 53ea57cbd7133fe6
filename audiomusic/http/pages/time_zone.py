"""Pages tell times in their reader's own zone, which the browser names in a cookie."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "time_zone"  # static/site/preferences.js writes it
MAX_CHARS = 64
#: Programs read times there, always in UTC.
NOT_PAGES = re.compile(r"/(api|rest|mcp|static|audio|health\w*|readyz|metrics)(/|$)")


def activate_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: the zone of the cookie while a page is made; UTC without one, or with an unknown one."""

    def answer(request: HttpRequest) -> HttpResponse:
        zone = None if NOT_PAGES.match(request.path_info) else zone_named(request.COOKIES.get(COOKIE, ""))
        if zone is None:
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return answer


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that name. Only names of the list are read, as others would be paths in the file system."""
    return zoneinfo.ZoneInfo(name) if len(name) <= MAX_CHARS and name in _names() else None


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
