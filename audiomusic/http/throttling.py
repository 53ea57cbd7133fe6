"""How often somebody may call: so many calls in a window of time, for each scope and each caller.

The window opens with the first call and closes by itself. Counts lie in Django's cache, which all
web processes share (`CACHES` in the settings), and counting is one atomic addition, so that a limit
is the same however many processes answer and however many calls come at once.
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
READ = "read"  # also the scope of every call that has none of its own

#: A window is one number, start in whole seconds and count together: adding 1 counts a call.
COUNT_BITS = 30


class Rate(NamedTuple):
    calls: int
    window_s: int


@dataclass(frozen=True)
class RateLimitState:
    """Where a caller stands after a call was counted."""

    limit: int
    count: int
    reset_s: int  # until the window closes

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.count)

    @property
    def is_exceeded(self) -> bool:
        return self.count > self.limit


@cache
def parse_rate(text: str) -> Rate | None:
    """'60/min' as a Rate; None for 'off'. Raises ValueError that says what was expected."""
    if text == OFF:
        return None
    match = re.fullmatch(r"([1-9]\d{0,8})/(s|min|h|day)", text)
    if match is None:
        raise ValueError(f"Expected a rate such as 60/min, 5/s, 1000/h, 9000/day, or off, got {text!r}.")
    return Rate(int(match[1]), UNITS_S[match[2]])


def count_call(name: str, rate: Rate, calls: int = 1) -> RateLimitState:
    """Count calls under this name; they may be too many (`is_exceeded`)."""
    try:
        window = counters.incr(name, calls)
    except ValueError:  # no window is open
        counters.add(name, int(time.time()) << COUNT_BITS, rate.window_s)
        window = counters.incr(name, calls)
    start, count = window >> COUNT_BITS, window & ((1 << COUNT_BITS) - 1)
    return RateLimitState(rate.calls, count, max(1, math.ceil(start + rate.window_s - time.time())))


def client_key(request: HttpRequest | Request) -> str:
    """What calls from an address are counted under. A visitor with IPv6 has a whole network of
    addresses (RFC 6177), so that network counts."""
    network = network_of(client_address(request), bits=VISITOR_BITS).partition("/")[0]
    return f"address-{network or BaseThrottle().get_ident(cast(Request, request))}"


def site_mark(request: HttpRequest | Request) -> str | None:
    """What calls from all networks of one site are counted under; None for IPv4, where an address is one."""
    network = network_of(client_address(request), bits=SITE_BITS)
    return f"site-{network}" if "/" in network else None


class WindowThrottle(BaseThrottle):
    """Permits so many calls a window. A subclass says by `rate_of` and `throttle_key` whose and how many;
    None from either: this call is not limited."""

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
        """Count calls of this caller; None where there is no limit."""
        scope = scope or self.scope
        rate = self.rate_of(scope)
        if rate is None or caller is None:
            return None
        try:
            return count_call(f"calls-{scope}-{caller}", rate, calls)
        except Exception:  # whichever the cache raises: a lost counter must not close the server
            log.exception("A call could not be counted; it was let through.")
            return None

    def wait(self) -> float | None:
        return None if self.allowance is None else self.allowance.reset_s


def own_rates_of(user: Any) -> Mapping[str, str]:
    """The rates that staff gave this user: scope -> rate. None for who has no account."""
    return getattr(user, "rate_limits", None) or {}


def rate_for(scope: str, shipped: str, own_rates: Mapping[str, str]) -> Rate | None:
    """The user's own rate where they have one, else the server's. One that cannot be read, written past the
    services, must not shut its user out."""
    try:
        return parse_rate(own_rates.get(scope) or shipped)
    except (TypeError, ValueError):
        if scope not in own_rates:
            raise
        log.warning("A user's own rate of %s cannot be read; the server's counts.", scope)
        return parse_rate(shipped)


class ScopeThrottle(WindowThrottle):
    """The limits of `settings.RATE_LIMITS`, or a user's own, for each user, or address where nobody is signed
    in.

    A view names its scope by `throttle_scope`; safe methods and views without one count as reads."""

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
    """For the headers: of several limits the one that is nearest."""
    known: RateLimitState | None = getattr(request._request, "allowance", None)
    if known is None or allowance.remaining < known.remaining:
        request._request.allowance = allowance  # type: ignore[attr-defined]  # read by rate_limit_headers


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: every answer to a counted call tells how many are left, and for how many seconds."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        allowance: RateLimitState | None = getattr(request, "allowance", None)
        if allowance is not None:
            response["X-RateLimit-Limit"] = str(allowance.limit)
            response["X-RateLimit-Remaining"] = str(allowance.remaining)
            response["X-RateLimit-Reset"] = str(allowance.reset_s)
        return response

    return answer
