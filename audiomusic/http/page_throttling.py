"""The rate limit of pages: per user, or per address of a visitor who is not signed in. Files are not pages,
neither a page's own assets nor songs and what belongs to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.request import Request

from audiomusic.http.throttling import (
    Rate,
    RateLimitState,
    WindowThrottle,
    client_key,
    own_rates_of,
    rate_for,
    site_mark,
)

#: Paths that the API or the endpoints for music players and language models count themselves, that signed
#: links open, or that monitoring requests.
NOT_PAGES = re.compile(
    r"/(api/(v1|schema)|static|audio|cover|peaks|lrc|score|recipe|rest|mcp|health\w*|metrics)(/|$)|/s/[^/]+/."
    r"|/(service-worker\.js|manifest\.webmanifest)$"  # browsers request these again with each page
)
PAGES = "pages"  # the name in a user's own rates
NETWORKS_OF_A_SITE = 2  # whose combined rate one IPv6 site gets


class PageThrottle(WindowThrottle):
    """Limits pages by a user's own rate if they have one, as long as the server limits pages at all."""

    scope = "page"

    def __init__(self, user: Any = None) -> None:
        self.own_rates = own_rates_of(user)

    def rate_of(self, scope: str) -> Rate | None:
        return rate_for(PAGES, settings.PAGE_RATE, self.own_rates)

    def throttle_key(self, request: HttpRequest | Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else client_key(request)


class PageSiteThrottle(PageThrottle):
    """Limits visitors by IPv6 site, because one site can have many networks."""

    scope = "page-site"

    def rate_of(self, scope: str) -> Rate | None:
        rate = super().rate_of(scope)
        return rate and Rate(rate.calls * NETWORKS_OF_A_SITE, rate.window_s)

    def throttle_key(self, request: HttpRequest | Request) -> str | None:
        return None if request.user.is_authenticated else site_mark(request)


def limit_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware, after authentication: answer too many pages with 429 and Retry-After."""

    def answer(request: HttpRequest) -> HttpResponse:
        if settings.PAGE_RATE == "off" or NOT_PAGES.match(request.path_info):
            return get_response(request)
        throttles = (PageThrottle(request.user), PageSiteThrottle())
        counted = [throttle.count(throttle.throttle_key(request)) for throttle in throttles]
        exceeded = [allowance for allowance in counted if allowance and allowance.is_exceeded]
        return refuse(request, TOO_MANY_PAGES, _longest_s(exceeded)) if exceeded else get_response(request)

    return answer


class Refusal(NamedTuple):
    """A page that refuses a request. `{wait}` in `words` is the time until the next try."""

    status: int
    heading: str
    words: str


TOO_MANY_PAGES = Refusal(429, "Too many pages", "You requested too many pages. Try again in {wait}.")
TOO_MANY_TRIES = Refusal(
    429, "Too many attempts", "For your security, the number of attempts is limited. Try again in {wait}."
)
BUSY = Refusal(503, "One moment", "Too many people are signing in right now. Try again in {wait}.")


def refuse(request: HttpRequest, refusal: Refusal, wait_s: int) -> HttpResponse:
    """Return the refusal as a page, or as its sentence alone for htmx, which requests part of a page."""
    sentence = refusal.words.format(wait=_wait_words(wait_s))
    if "HX-Request" in request.headers:
        response = HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=refusal.status)
    else:
        context = {"code": refusal.status, "heading": refusal.heading, "sentence": sentence}
        response = render(request, "429.html", context, status=refusal.status)
    response["Retry-After"] = str(wait_s)
    response["Cache-Control"] = "no-store"
    return response


def _longest_s(exceeded: list[RateLimitState]) -> int:
    return max(allowance.reset_s for allowance in exceeded)


def _wait_words(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
