"""Pages for a user's own second factors: add, rename, remove, and recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiomusic.accounts.factors.reauthentication import asks_again, code_field, confirmed
from audiomusic.accounts.factors.services import (
    FACTOR_KINDS,
    Factor,
    app_confirm,
    app_draft,
    factor_remove,
    factor_rename,
    factors_of,
    kind_of,
    recovery_codes_left,
    recovery_codes_renew,
)
from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.accounts.sessions.user_sessions import sessions_end
from audiomusic.accounts.throttles import SignInNameThrottle, name_key
from audiomusic.http.page_throttling import TOO_MANY_TRIES, refuse

MAX_NAME_CHARS = 64
QR_PIXELS_A_MODULE = 4
SECRET_GROUP_CHARS = 4


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_NAME_CHARS,
        label="Name",
        widget=forms.TextInput(attrs={"placeholder": "Phone", "autocomplete": "off"}),
    )


class AppForm(NameForm):
    """A new app's name and first code; the code proves that the app has the secret."""

    def __init__(self, draft: TOTPDevice, request: SignedInRequest, data: Any = None) -> None:
        super().__init__(data)
        self.draft, self.request = draft, request
        self.fields["code"] = code_field("The six digits that the app shows now")
        self.fields["code"].widget.attrs.pop("autofocus")

    def clean(self) -> dict[str, Any]:
        super().clean()
        values: dict[str, Any] = self.cleaned_data
        if {"name", "code"} <= set(values):
            proof = {"name": values["name"], "code": values["code"]}
            if not app_confirm(draft=self.draft, request=self.request, **proof):
                self.add_error(
                    "code", "Expected the code that the app shows now. Check that the phone's clock is right."
                )
        return values


def factors_context(request: SignedInRequest) -> dict[str, Any]:
    """Return the context for the account page."""
    factors = [{"factor": factor, "kind": kind_of(factor)} for factor in factors_of(request.user)]
    return {"factors": factors, "recovery_codes_left": recovery_codes_left(request.user)}


def _own_factor(request: SignedInRequest, kind: str, factor_id: int) -> Factor:
    if kind not in FACTOR_KINDS:
        raise Http404
    return get_object_or_404(FACTOR_KINDS[kind], user=request.user, pk=factor_id, confirmed=True)


def factor_added_page(request: SignedInRequest, name: str) -> HttpResponse:
    """Return the response to a new factor. The first one comes with recovery codes, which are shown only
    here, and ends all other sessions, which were opened with the password alone."""
    confirmed(request, by_factor=True)
    if recovery_codes_left(request.user):
        messages.success(request, f"“{name}” is added.")
        return redirect("account")
    sessions_end(user=request.user, except_key=request.session.session_key)
    return _show_codes(request, lead=f"“{name}” is added, and you are signed out everywhere else.")


def _show_codes(request: SignedInRequest, *, lead: str) -> HttpResponse:
    codes = recovery_codes_renew(user=request.user)
    context = {"codes": codes, "lead": lead, "file_text": "\n".join(codes) + "\n"}
    return render(request, "accounts/recovery_codes.html", context)


@sensitive_post_parameters("code")
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks_again
def add_app(request: SignedInRequest) -> HttpResponse:
    """Add an authenticator app: show its secret as a QR code and as text, then ask for its first code."""
    draft = app_draft(user=request.user)
    if request.method == "POST" and "code" in request.POST:
        allowance = SignInNameThrottle().count(name_key(request.user.get_username()))
        if allowance is not None and allowance.is_exceeded:
            return refuse(request, TOO_MANY_TRIES, allowance.reset_s)
        form = AppForm(draft, request, request.POST)
        if form.is_valid():
            return factor_added_page(request, form.cleaned_data["name"])
    else:
        form = AppForm(draft, request)
    context = {"form": form, "qr": _qr(draft.config_url), "secret": _grouped(draft), "url": draft.config_url}
    return render(request, "accounts/add_app.html", context, status=400 if form.errors else 200)


def _qr(text: str) -> SafeString:
    """Return the QR code as inline SVG, always dark on light regardless of the theme."""
    drawing = segno.make(text, error="m")
    svg = drawing.svg_inline(scale=QR_PIXELS_A_MODULE, dark="#000000", light="#ffffff", border=4)
    return mark_safe(svg)  # only squares and numbers; the text itself is not in it


def _grouped(draft: TOTPDevice) -> str:
    secret = draft.config_url.partition("secret=")[2].partition("&")[0]
    groups = range(0, len(secret), SECRET_GROUP_CHARS)
    return " ".join(secret[start : start + SECRET_GROUP_CHARS] for start in groups)


@login_required
@require_POST
@asks_again
def rename(request: SignedInRequest, kind: str, factor_id: int) -> HttpResponse:
    factor = _own_factor(request, kind, factor_id)
    form = NameForm(request.POST)
    if form.is_valid():
        factor_rename(factor=factor, name=form.cleaned_data["name"])
        messages.success(request, f"Its name is now “{form.cleaned_data['name']}”.")
    else:
        messages.error(request, f"Give it a name of 1 to {MAX_NAME_CHARS} characters.")
    return redirect("account")


@login_required
@never_cache
@require_safe
@asks_again
def factor(request: SignedInRequest, kind: str, factor_id: int) -> HttpResponse:
    """Show one factor: its name and whether to remove it."""
    found = _own_factor(request, kind, factor_id)
    context = {
        "factor": found,
        "kind": kind,
        "is_last": len(factors_of(request.user)) == 1,
        "name_form": NameForm({"name": found.name}),
    }
    return render(request, "accounts/factor.html", context)


@login_required
@require_POST
@asks_again
def remove(request: SignedInRequest, kind: str, factor_id: int) -> HttpResponse:
    found = _own_factor(request, kind, factor_id)
    factor_remove(factor=found, request=request)
    messages.success(request, f"“{found.name}” is removed.")
    return redirect("account")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks_again
def recovery_codes(request: SignedInRequest) -> HttpResponse:
    """Generate new codes; the earlier ones stop working."""
    if not factors_of(request.user):
        return redirect("account")
    if request.method == "POST" and "sure" in request.POST:
        return _show_codes(request, lead="The earlier codes no longer work.")
    return render(request, "accounts/renew_codes.html", {"left": recovery_codes_left(request.user)})
