"""Passkeys in the browser: a page script requests a challenge and submits the response as a form."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import RedirectURLMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from audiomusic.accounts.factors.passkeys import (
    PasskeyRefused,
    assertion_begin,
    assertion_finish,
    registration_begin,
    registration_finish,
)
from audiomusic.accounts.factors.reauthentication import PASSKEY_WORDS, asks_again, confirmed
from audiomusic.accounts.factors.second_step import BACKEND, PENDING, pending_of
from audiomusic.accounts.factors.views import NameForm, factor_added_page
from audiomusic.accounts.requests.signed_in import SignedInRequest


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks_again
def add_passkey(request: SignedInRequest) -> HttpResponse:
    """Add a passkey from its name and the device's response."""
    form = NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, answer = form.cleaned_data["name"], request.POST.get("passkey", "")
        try:
            registration_finish(request, user=request.user, name=name, answer=answer)
        except PasskeyRefused:
            form.add_error("name", "The device's response was not accepted. Please try again.")
        else:
            return factor_added_page(request, name)
    return render(request, "accounts/add_passkey.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@never_cache
@require_POST
@asks_again
def add_options(request: SignedInRequest) -> HttpResponse:
    return JsonResponse(registration_begin(request, user=request.user))


@login_required
@never_cache
@require_POST
def confirm_options(request: SignedInRequest) -> HttpResponse:
    return JsonResponse(assertion_begin(request, purpose="confirm", user=request.user))


@never_cache
@require_POST
def second_step_options(request: HttpRequest) -> HttpResponse:
    found = pending_of(request)
    if found is None:
        raise Http404
    return JsonResponse(assertion_begin(request, purpose="second", user=found[0]))


@never_cache
@require_POST
def sign_in_options(request: HttpRequest) -> HttpResponse:
    return JsonResponse(assertion_begin(request, purpose="alone", user=None))


@method_decorator([never_cache, require_POST], name="dispatch")
class SignInByPasskey(RedirectURLMixin, View):
    """Signs in with a passkey instead of username and password. The device is one factor and its user
    verification another, so no further factor is needed."""

    next_page = settings.LOGIN_REDIRECT_URL

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = request.POST.get("passkey", "")
        try:
            passkey = assertion_finish(request, purpose="alone", user=None, answer=answer)
        except PasskeyRefused:
            return render(request, "accounts/sign_in_refused.html", {"words": PASSKEY_WORDS})
        request.session.pop(PENDING, None)
        login(request, passkey.user, backend=BACKEND)
        confirmed(request, by_factor=True)
        return redirect(self.get_success_url())
