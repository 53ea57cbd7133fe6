"""Throttles the pages where passwords could be guessed: each attempt is counted before the password is
checked.

Names and addresses share their counters with the API (`throttles`), so that switching between the pages and
the API gains an attacker nothing. A success resets no counter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from audiomusic.accounts.security_log.refusals import sign_in_refused
from audiomusic.accounts.throttles import (
    SignInAddressThrottle,
    SignInNameThrottle,
    SignInSiteThrottle,
    name_key,
)
from audiomusic.http.exceptions import PasswordsBusy
from audiomusic.http.page_throttling import BUSY, TOO_MANY_TRIES, refuse
from audiomusic.http.throttling import WindowThrottle, client_key, site_mark

Caller = Callable[[HttpRequest], str | None]


def _name(request: HttpRequest) -> str | None:
    return name_key(request.POST.get("username"))


def _own_name(request: HttpRequest) -> str | None:
    return name_key(request.user.get_username()) if request.user.is_authenticated else None


def _pending_name(request: HttpRequest) -> str | None:
    """Return the name of the user who is asked for the second factor: guessed codes count like passwords."""
    from audiomusic.accounts.factors.second_step import pending_of  # deferred: imports the sign-in views

    found = pending_of(request)
    return name_key(found[0].get_username()) if found else None


class SignUpThrottle(WindowThrottle):
    """Limits sign-ups, because each new account may come with credits."""

    scope = "sign-up"
    rate = "20/h"


class SignUpSiteThrottle(WindowThrottle):
    """The same limit for all networks of one IPv6 site."""

    scope = "sign-up-site"
    rate = "40/h"


_SIGN_IN: tuple[tuple[type[WindowThrottle], Caller], ...] = (
    (SignInNameThrottle, _name),
    (SignInAddressThrottle, client_key),
    (SignInSiteThrottle, site_mark),
)
_PASSWORD_CHANGE: tuple[tuple[type[WindowThrottle], Caller], ...] = ((SignInNameThrottle, _own_name),)
#: Maps a URL name (the admin's included) to the throttles that count a form sent to it, each with the key
#: that identifies the caller.
THROTTLED_VIEWS = {
    "sign-in": _SIGN_IN,
    "account-password": _PASSWORD_CHANGE,
    "password_change": _PASSWORD_CHANGE,
    "sign-in-factor": ((SignInNameThrottle, _pending_name), (SignInAddressThrottle, client_key)),
    "sign-in-passkey": ((SignInAddressThrottle, client_key),),
    "sign-in-passkey-options": ((SignInAddressThrottle, client_key),),
    "sign-up": ((SignUpThrottle, client_key), (SignUpSiteThrottle, site_mark)),
}


class LoginThrottleMiddleware:
    """Middleware that responds to too many attempts with a page saying when to retry (429 with Retry-After),
    and to a caller who finds every hashing slot taken with a 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        match = request.resolver_match
        door = THROTTLED_VIEWS.get(match.url_name or "", ()) if match and request.method == "POST" else ()
        counted = [throttle().count(caller(request)) for throttle, caller in door]
        shut = [allowance for allowance in counted if allowance and allowance.is_exceeded]
        if shut and match and match.view_name == "sign-in":
            sign_in_refused(request, name=request.POST.get("username"))
        return refuse(request, TOO_MANY_TRIES, max(each.reset_s for each in shut)) if shut else None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refuse(request, BUSY, error.wait) if isinstance(error, PasswordsBusy) else None
