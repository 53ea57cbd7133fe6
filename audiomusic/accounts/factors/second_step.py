"""The second step of sign-in: a user who entered the right password is asked for their second factor.

Between the steps nobody is signed in. The session remembers for a few minutes whose password was entered, and
only while that password stays the same.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from audiomusic.accounts.factors.passkeys import PasskeyRefused, assertion_finish, has_passkey
from audiomusic.accounts.factors.reauthentication import (
    PASSKEY_WORDS,
    code_field,
    confirmed,
    wrong_code_words,
)
from audiomusic.accounts.factors.services import code_verify, has_app
from audiomusic.accounts.models import User

#: Backend for those who sign in at this server and not at a proxy in front of it.
BACKEND = "django.contrib.auth.backends.ModelBackend"
PENDING = "pending_sign_in"
PENDING_S = 600


@dataclass(frozen=True)
class PendingSignIn:
    """A sign-in with a correct password that still needs the second factor."""

    user_id: int
    backend: str
    password_mark: str  # changes with the password
    next_url: str
    at: float


def second_step_begin(request: HttpRequest, *, user: User, next_url: str) -> HttpResponse:
    """Remember the user whose first step succeeded, and redirect to the second."""
    request.session.cycle_key()
    request.session[PENDING] = asdict(
        PendingSignIn(user.pk, user.backend, user.get_session_auth_hash(), next_url, time.time())
    )
    return redirect("sign-in-factor")


def pending_of(request: HttpRequest) -> tuple[User, PendingSignIn] | None:
    """Return the session's user between the steps, or None if there is none or it took too long."""
    kept = request.session.get(PENDING)
    if kept is None:
        return None
    pending = PendingSignIn(**kept)
    user = User.objects.filter(pk=pending.user_id, is_active=True).first()
    is_fresh = 0 <= time.time() - pending.at < PENDING_S
    if user is None or not is_fresh:
        return None
    if not constant_time_compare(user.get_session_auth_hash(), pending.password_mark):
        return None
    return user, pending


def second_step_finish(request: HttpRequest, *, user: User, pending: PendingSignIn) -> HttpResponse:
    """Sign the user in after both steps succeeded."""
    request.session.pop(PENDING, None)
    login(request, user, backend=pending.backend)
    confirmed(request, by_factor=True)
    return redirect(pending.next_url)


class CodeForm(forms.Form):
    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.request, self.user = request, user
        words = "Code from your app, or a recovery code" if has_app(user) else "Recovery code"
        self.fields["code"] = code_field(words)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not code_verify(user=self.user, code=code, request=self.request):
            raise forms.ValidationError(wrong_code_words(self.user))
        return code


@sensitive_post_parameters("code", "passkey")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Show the page that asks for the second factor."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    found = pending_of(request)
    if found is None:
        return redirect("sign-in")
    user, pending = found
    error = ""
    form = CodeForm(request, user, request.POST if "code" in request.POST else None)
    if request.POST.get("passkey"):
        try:
            assertion_finish(request, purpose="second", user=user, answer=request.POST["passkey"])
            return second_step_finish(request, user=user, pending=pending)
        except PasskeyRefused:
            error = PASSKEY_WORDS
    elif form.is_valid():
        return second_step_finish(request, user=user, pending=pending)
    context = {"form": form, "passkey_error": error, "has_passkey": has_passkey(user)}
    return render(request, "accounts/second_step.html", context)
