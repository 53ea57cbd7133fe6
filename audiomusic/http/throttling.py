"""Rate limits: a number of calls per time window, for each scope and each caller.

A window opens with the first call and expires by itself. Counters are in Django's cache, which all web
processes share (`CACHES` in the settings), and counting is one atomic increment, so a limit holds for any
number of processes and simultaneous calls.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.conf import settings
from django.core.cache import cache as counters
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from audiomusic.http.client_address import SITE_BITS, VISITOR_BITS, client_address, network_of

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = logging.getLogger(__name__)

UNITS_S = {"s": 1, "min": 60, "h": 3600, "day": 86400}
OFF = "off"
READ = "read"  # also the scope of every call without one

#: A window is a single number, the start in whole seconds and the count, so adding 1 counts a call.
COUNT_BITS = 30


class Rate(NamedTuple):
    calls: int
    window_s: int


@dataclass(frozen=True)
class RateLimitState:
    """A caller's state after a call was counted."""

    limit: int
    count: int
    reset_s: int  # until the window expires

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit


@cache
def parse_rate(text: str) -> Rate | None:
    """Return '60/min' as a Rate, or None for 'off'. Raises ValueError that says what was expected."""
    if text == OFF:
        return None
    match = re.fullmatch(r"([1-9]\d{0,8})/(s|min|h|day)", text)
    if match is None:
        raise ValueError(f"Expected a rate such as 60/min, 5/s, 1000/h, 9000/day, or off, got {text!r}.")
    return Rate(int(match[1]), UNITS_S[match[2]])


def count_call(name: str, rate: Rate, calls: int = 1) -> RateLimitState:
    """Count calls under this name, even beyond the limit (`is_exceeded`)."""
    try:
        window = counters.incr(name, calls)
    except ValueError:  # no window is open
        counters.add(name, int(time.time()) << COUNT_BITS, rate.window_s)
        window = counters.incr(name, calls)
    start, count = window >> COUNT_BITS, window & ((1 << COUNT_BITS) - 1)
    return RateLimitState(rate.calls, count, max(1, math.ceil(start + rate.window_s - time.time())))


def client_key(request: HttpRequest | Request) -> str:
    """Return the key under which an address is counted. A visitor with IPv6 has a whole network of addresses
    (RFC 6177), so the network is counted.
    """
    network = network_of(client_address(request), bits=VISITOR_BITS).partition("/")[0]
    return f"address-{network or BaseThrottle().get_ident(cast(Request, request))}"


def site_mark(request: HttpRequest | Request) -> str | None:
    """Return the key that counts all networks of one site, or None for IPv4, where each visitor has one
    address.
    """
    network = network_of(client_address(request), bits=SITE_BITS)
    return f"site-{network}" if "/" in network else None


class WindowThrottle(BaseThrottle):
    """Limits calls per window. A subclass defines how many and whose with `rate_of` and `throttle_key`; if
    either returns None, the call is not limited.
    """

    scope = ""
    rate = OFF
    allowance: RateLimitState | None = None

    def scope_of(self, request: Request, view: APIView) -> str:
        return self.scope

    def rate_of(self, scope: str) -> Rate | None:
        return parse_rate(self.rate)

    def throttle_key(self, request: Request) -> str | None:
        return client_key(request)

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.allowance = self.count(self.throttle_key(request), self.scope_of(request, view))
        if self.allowance is None:
            return True
        _remember(request, self.allowance)
        return not self.allowance.is_exceeded

    def count(self, caller: str | None, scope: str = "", calls: int = 1) -> RateLimitState | None:
        """Count calls of this caller. Return None if there is no limit."""
        scope = scope or self.scope
        rate = self.rate_of(scope)
        if rate is None or caller is None:
            return None
        try:
            return count_call(f"calls-{scope}-{caller}", rate, calls)
        except Exception:  # any error of the cache: a lost counter must not stop the server
            log.exception("A call could not be counted; it was let through.")
            return None

    def wait(self) -> float | None:
        return None if self.allowance is None else self.allowance.reset_s


def own_rates_of(user: Any) -> Mapping[str, str]:
    """Return the rates that staff set for this user (scope -> rate); empty without an account."""
    return getattr(user, "rate_limits", None) or {}


def rate_for(scope: str, shipped: str, own_rates: Mapping[str, str]) -> Rate | None:
    """Return the user's own rate if they have one, otherwise the server's. An invalid rate, written without
    the services, must not lock the user out.
    """
    try:
        return parse_rate(own_rates.get(scope) or shipped)
    except (TypeError, ValueError):
        if scope not in own_rates:
            raise
        log.warning("A user's own rate of %s cannot be read; the server's counts.", scope)
        return parse_rate(shipped)


class ScopeThrottle(WindowThrottle):
    """Applies `settings.RATE_LIMITS`, or a user's own rates, per user, or per address for anonymous calls.

    A view sets its scope with `throttle_scope`; safe methods and views without one count as reads.
    """

    def __init__(self, user: Any = None) -> None:
        self.own_rates = own_rates_of(user)

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.own_rates = own_rates_of(request.user)
        return super().allow_request(request, view)

    def scope_of(self, request: Request, view: APIView) -> str:
        return READ if request.method in SAFE_METHODS else getattr(view, "throttle_scope", None) or READ

    def rate_of(self, scope: str) -> Rate | None:
        return rate_for(scope, settings.RATE_LIMITS[scope], self.own_rates)

    def throttle_key(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else super().throttle_key(request)


def _remember(request: Request, allowance: RateLimitState) -> None:
    """Keep the limit that is closest to being reached, for the headers."""
    known: RateLimitState | None = getattr(request._request, "allowance", None)
    if known is None or allowance.remaining < known.remaining:
        request._request.allowance = allowance  # type: ignore[attr-defined]  # read by rate_limit_headers


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: add to each response of a counted call how many calls are left, and for how long."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        allowance: RateLimitState | None = getattr(request, "allowance", None)
        if allowance is not None:
            response["X-RateLimit-Limit"] = str(allowance.limit)
            response["X-RateLimit-Remaining"] = str(allowance.remaining)
            response["X-RateLimit-Reset"] = str(allowance.reset_s)
        return response

    return answer
