"""The OpenID Connect views: redirect to the provider, then sign in, connect or confirm on return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audiomusic.accounts.external.oidc import (
    authorization_redirect,
    claims_of_callback,
    is_configured,
    was_asked_just_now,
)
from audiomusic.accounts.external.services import (
    SignInRefused,
    identity_connect,
    identity_of,
    identity_sign_in,
)
from audiomusic.accounts.factors.reauthentication import confirmed, is_confirmed
from audiomusic.accounts.factors.second_step import BACKEND, second_step_begin
from audiomusic.accounts.factors.services import has_factor
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.accounts.throttles import SignInAddressThrottle
from audiomusic.http.page_throttling import TOO_MANY_TRIES, refuse
from audiomusic.http.throttling import client_key

NEXT = "oidc_next"
ANOTHERS = "The user who signed in at the provider has another account here. Sign out first."
NOT_ASKED = "The provider did not ask you to sign in again. Please sign in with it once more."
ASK_FIRST = "Expected a recent sign-in before you connect an account. Confirm that it is you, and try again."


@never_cache
@require_safe
def oidc_begin(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider. A GET, because forms of our pages may only be sent to this server; it changes
    nothing but the session."""
    if not is_configured():
        return redirect("sign-in")
    allowance = SignInAddressThrottle().count(client_key(request))
    if allowance is not None and allowance.is_exceeded:
        return refuse(request, TOO_MANY_TRIES, allowance.reset_s)
    wanted = request.GET.get("next", "")
    is_here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    try:
        answer = authorization_redirect(request, asks_again=request.user.is_authenticated)
    except SignInRefused as refusal:
        return _refusal(request, refusal)
    request.session[NEXT] = wanted if is_here else ""
    return answer


@never_cache
@require_safe
def oidc_callback(request: HttpRequest) -> HttpResponse:
    if not is_configured():
        return redirect("sign-in")
    allowance = SignInAddressThrottle().count(client_key(request))
    if allowance is not None and allowance.is_exceeded:
        return refuse(request, TOO_MANY_TRIES, allowance.reset_s)
    wanted = request.session.pop(NEXT, "")
    try:
        claims = claims_of_callback(request)
        if request.user.is_authenticated:
            return _come_back(request, claims, wanted or resolve_url("account"))
        user = identity_sign_in(claims=claims)
    except SignInRefused as refusal:
        return _refusal(request, refusal)
    wanted = wanted or reverse("home")
    if has_factor(user):  # the provider's sign-in replaces the password, not this server's second factor
        user.backend = BACKEND
        return second_step_begin(request, user=user, next_url=wanted)
    login(request, user, backend=BACKEND)
    return redirect(wanted)


def _come_back(request: HttpRequest, claims: Mapping[str, Any], wanted: str) -> HttpResponse:
    """Handle the return of a signed-in user: confirm their identity, or connect the account."""
    identity = identity_of(claims)
    if identity is None:
        if not is_confirmed(request):
            raise SignInRefused(ASK_FIRST)
        identity_connect(user=user_of(request), claims=claims)
        messages.success(request, "Connected: from now on you can sign in with it.")
        return redirect(wanted)
    if identity.user_id != request.user.pk:
        raise SignInRefused(ANOTHERS)
    if not was_asked_just_now(claims):
        raise SignInRefused(NOT_ASKED)
    if not has_factor(request.user):  # otherwise the second factor is required
        confirmed(request, by_factor=False)
    return redirect(wanted)


def _refusal(request: HttpRequest, refusal: SignInRefused) -> HttpResponse:
    return render(request, "accounts/sign_in_refused.html", {"words": str(refusal)}, status=400)
