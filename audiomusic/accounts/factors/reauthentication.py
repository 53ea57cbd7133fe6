"""Reauthentication before sensitive actions.

A session lasts two weeks. Someone who finds it open must not be able to create keys, change how its owner
signs in, or grant permissions. So these views require a proof from the last few minutes: the sign-in itself,
or the second factor (the password, if the account has no factor) entered again. Afterwards the requested
action continues by itself, because the confirmation page carries the submitted form.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from audiomusic.accounts.external.oidc import oidc_name
from audiomusic.accounts.external.proxy import is_signed_in_by_proxy
from audiomusic.accounts.factors.passkeys import PasskeyRefused, assertion_finish, has_passkey
from audiomusic.accounts.factors.services import code_verify, codes_refused_until, has_app, has_factor
from audiomusic.accounts.requests.signed_in import user_of
from audiomusic.accounts.throttles import SignInNameThrottle, name_key
from audiomusic.http.page_throttling import TOO_MANY_TRIES, refuse
from audiomusic.http.pages.time_words import moment_words

CONFIRMED_AT = "confirmed_at"  # Unix time of this session's last proof of identity
FACTOR_AT = "factor_at"  # Unix time of the last proof with a second factor
ANSWER_FIELDS = ("confirm_password", "confirm_code", "confirm_passkey")
NOT_CARRIED = {"csrfmiddlewaretoken", *ANSWER_FIELDS}
DEFAULT_MIN = 15
PASSKEY_WORDS = "The passkey was not accepted. Try again, or use another method."

View = Callable[..., HttpResponseBase]


@receiver(user_logged_in)
def confirmed_by_signing_in(request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Record a sign-in as a proof. A sign-in with a second factor then calls `confirmed` itself."""
    if request is not None and hasattr(request, "session"):
        request.session[CONFIRMED_AT] = time.time()


def confirmed(request: HttpRequest, *, by_factor: bool) -> None:
    """Record in the session that its user has just proven their identity."""
    request.session[CONFIRMED_AT] = time.time()
    if by_factor:
        request.session[FACTOR_AT] = time.time()


def valid_s() -> int:
    """Return how long a proof is valid, in seconds (AUDIOMUSIC_REAUTHENTICATION_MIN)."""
    minutes = settings.REAUTHENTICATION_MIN
    return 60 * (int(minutes) if minutes.isdecimal() else DEFAULT_MIN)


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether the session's last proof is recent enough. A proxy that signs users in proves each
    request, and there is nothing else to ask those users for, unless they have a second factor here."""
    if is_signed_in_by_proxy(request) and not has_factor(user_of(request)):
        return True
    age_s = time.time() - request.session.get(CONFIRMED_AT, 0)
    return bool(0 <= age_s < valid_s())


def lacks_staff_factor(request: HttpRequest) -> bool:
    """Return whether the staff pages stay closed for lack of a factor (AUDIOMUSIC_STAFF_FACTOR)."""
    if settings.STAFF_FACTOR != "required":
        return False
    return FACTOR_AT not in request.session or not has_factor(user_of(request))


class ConfirmForm(forms.Form):
    """A form with one field: a code if the account has a second factor, otherwise the password."""

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.by_factor = has_factor(user_of(request))
        if not self.by_factor:
            widget = forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True})
            self.fields["confirm_password"] = forms.CharField(label="Password", strip=False, widget=widget)
        else:
            words = "Code from your app, or a recovery code" if has_app(user_of(request)) else "Recovery code"
            self.fields["confirm_code"] = code_field(words)

    def clean_confirm_password(self) -> str:
        password: str = self.cleaned_data["confirm_password"]
        if not self.request.user.check_password(password):
            raise forms.ValidationError("This is not your account's password.")
        return password

    def clean_confirm_code(self) -> str:
        code: str = self.cleaned_data["confirm_code"]
        if not code_verify(user=user_of(self.request), code=code, request=self.request):
            raise forms.ValidationError(wrong_code_words(self.request.user))
        return code


def may_ask_provider(user: Any) -> bool:
    """Return whether the provider may confirm the user: only if the account has no factor of its own."""
    known = user.external_identities.filter(issuer=settings.OIDC_ISSUER)
    return not has_factor(user) and known.exists()


def code_field(label: str) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autofocus": True, "autocapitalize": "characters"}
    return forms.CharField(label=label, max_length=64, widget=forms.TextInput(attrs=attrs))


def wrong_code_words(user: Any) -> str:
    until = codes_refused_until(user)
    if until is None:
        return (
            "This code is not valid. Enter the code that your app shows now, or a recovery code that "
            "you have not used. Each works once."
        )
    return f"After wrong codes, app codes do not work until {moment_words(until)}. A recovery code works."


def ask_again(request: HttpRequest, *, needs_factor: bool = False) -> HttpResponse | None:
    """Return the confirmation page to show first, or None if the proof is recent or was just given."""
    if is_confirmed(request) and not (needs_factor and FACTOR_AT not in request.session):
        return None
    has_answer = request.method == "POST" and any(name in request.POST for name in ANSWER_FIELDS)
    if not has_answer:
        return _question(request, ConfirmForm(request))
    # In the admin, no decorator keeps the response out of error mails.
    request.sensitive_post_parameters = "__ALL__"  # type: ignore[attr-defined]  # Django reads it there
    allowance = SignInNameThrottle().count(name_key(request.user.get_username()))
    if allowance is not None and allowance.is_exceeded:
        return refuse(request, TOO_MANY_TRIES, allowance.reset_s)
    if request.POST.get("confirm_passkey"):
        try:
            answer = request.POST["confirm_passkey"]
            assertion_finish(request, purpose="confirm", user=user_of(request), answer=answer)
        except PasskeyRefused:
            return _question(request, ConfirmForm(request), passkey_error=PASSKEY_WORDS)
        confirmed(request, by_factor=True)
        return None
    form = ConfirmForm(request, request.POST)
    if not form.is_valid():
        return _question(request, form)
    confirmed(request, by_factor=form.by_factor)
    return None


def asks_again(view: View) -> View:
    """Require a recent proof for a sensitive view. Goes below `login_required`."""

    @sensitive_post_parameters()
    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return ask_again(request) or view(request, *args, **kwargs)

    return asking


def _question(request: HttpRequest, form: ConfirmForm, passkey_error: str = "") -> HttpResponse:
    carried = _carried(request)
    # Passwords are never written into a page, so a form with one has to be filled in again.
    is_form_lost = any("password" in name for name, _ in carried)
    context = {
        "form": form,
        "action": _action(request, is_form_lost=is_form_lost),
        "carried": [] if is_form_lost else carried,
        "is_form_lost": is_form_lost,
        "has_passkey": has_passkey(user_of(request)),
        "passkey_error": passkey_error,
        "oidc_name": oidc_name() if may_ask_provider(request.user) else "",
        "oidc_next": request.get_full_path() if request.method == "GET" else _page_of(request),
    }
    response = render(request, "accounts/confirm.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _action(request: HttpRequest, *, is_form_lost: bool) -> str:
    """Return where the form is sent: the view that required it, or the confirm page, which redirects."""
    if request.path == reverse("confirm") or (request.method == "POST" and not is_form_lost):
        return request.get_full_path()
    goes_on = {"next": _page_of(request) if is_form_lost else request.get_full_path()}
    return f"{reverse('confirm')}?{urlencode(goes_on | ({'form': 'lost'} if is_form_lost else {}))}"


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of the form that is waiting for confirmation."""
    if request.method != "POST":
        return []
    fields = request.POST.lists()
    return [(name, value) for name, values in fields if name not in NOT_CARRIED for value in values]


def _page_of(request: HttpRequest) -> str:
    """Return the page that contains the form: account forms post to addresses of their own."""
    return request.path if request.path.startswith(reverse("admin:index")) else reverse("account")


@sensitive_post_parameters()
@login_required
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """Show the confirmation page by itself, then redirect to `next`."""
    asked = ask_again(request, needs_factor=lacks_staff_factor(request) and has_factor(user_of(request)))
    if asked is not None:
        return asked
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        wanted = resolve_url("account")
    if request.method == "POST" and request.GET.get("form") == "lost":
        messages.success(request, "Thank you. Please fill in the form again.")
    return redirect(wanted)
