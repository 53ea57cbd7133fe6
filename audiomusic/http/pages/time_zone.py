"""The time zone of pages, which the browser sends in a cookie."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "time_zone"  # static/site/preferences.js writes it
MAX_CHARS = 64
#: Programs read times at these paths, always in UTC.
NOT_PAGES = re.compile(r"/(api|rest|mcp|static|audio|health\w*|readyz|metrics)(/|$)")


def activate_time_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: activate the cookie's zone for a page, or UTC if the zone is missing or unknown."""

    def answer(request: HttpRequest) -> HttpResponse:
        zone = None if NOT_PAGES.match(request.path_info) else zone_named(request.COOKIES.get(COOKIE, ""))
        if zone is None:
            return get_response(request)
        with timezone.override(zone):
            return get_response(request)

    return answer


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone with that name. Only listed names are loaded, because others could be file system
    paths.
    """
    return zoneinfo.ZoneInfo(name) if len(name) <= MAX_CHARS and name in _names() else None


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
