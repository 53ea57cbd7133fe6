"""The user's own account page: keys, credits, password and sessions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audiomusic.accounts.credits.statements import statement_of
from audiomusic.accounts.credits.usage import spent_by_day, usage_chart
from audiomusic.accounts.external.oidc import oidc_name
from audiomusic.accounts.factors.reauthentication import asks_again
from audiomusic.accounts.factors.views import factors_context
from audiomusic.accounts.models import SCOPES, ApiKey
from audiomusic.accounts.players.forms import PlayerPasswordForm
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.accounts.security_log.events import Kind
from audiomusic.accounts.security_log.recording import security_event_record
from audiomusic.accounts.security_log.rows import event_rows
from audiomusic.accounts.services import key_create, key_revoke
from audiomusic.accounts.sessions.user_sessions import sessions_end, sessions_of

SPANS = ((0, "Never"), (30, "In a month"), (90, "In three months"), (365, "In a year"))


class KeyForm(forms.Form):
    name = forms.CharField(max_length=100, label="What is it for?")
    scope = forms.ChoiceField(
        choices=[(scope, words[:1].upper() + words[1:]) for scope, words in SCOPES.items()],
        label="Permissions",
    )
    days = forms.TypedChoiceField(choices=SPANS, coerce=int, label="Expires")


class PasswordForm(PasswordChangeForm):
    """Django's form without autofocus, which would scroll the page to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


def site_address(request: HttpRequest) -> str:
    """Return the server address for music players."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def account_answer(request: SignedInRequest, *, status: int = 200, **changes: Any) -> HttpResponse:
    """Render the account page with the caller's changes to its context."""
    user = request.user
    days = spent_by_day(user)
    chart = usage_chart(days)
    context = {
        "keys": ApiKey.objects.active_for(user),
        "has_had_keys": ApiKey.objects.filter(user=user).exists(),
        "key_form": KeyForm(),
        "password_form": PasswordForm(user),
        "players": PlayerPassword.objects.of_user(user),
        "player_form": PlayerPasswordForm(),
        "server_url": site_address(request),
        "statement": statement_of(user),
        "chart": chart,
        "dearest": max(days, key=lambda row: row[1]),
        "events": event_rows(user),
        **factors_context(request),
        "oidc_name": oidc_name(),
        "is_connected": user.external_identities.filter(issuer=settings.OIDC_ISSUER).exists(),
        "sessions": sessions_of(user, this_key=request.session.session_key),
    }
    return render(request, "accounts/account.html", context | changes, status=status)


@login_required
@require_safe
@never_cache
def account(request: SignedInRequest) -> HttpResponse:
    return account_answer(request)


@login_required
@never_cache
@require_POST
@asks_again
def keys(request: SignedInRequest) -> HttpResponse:
    """Create a key and show it on the only page that ever does."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return account_answer(request, key_form=form, status=400)
    asked = form.cleaned_data
    expires_at = timezone.now() + timedelta(days=asked["days"]) if asked["days"] else None
    key, token = key_create(
        user=request.user, name=asked["name"], scopes=[asked["scope"]], expires_at=expires_at
    )
    return account_answer(request, new_key=key, token=token)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_key(request: SignedInRequest, key_id: int) -> HttpResponseBase:
    """Ask for confirmation, naming the key; a POST revokes it."""
    key = get_object_or_404(ApiKey.objects.active_for(request.user), pk=key_id)
    if request.method == "POST":
        return _revoke_key(request, key)
    question = {
        "what": "key",
        "name": key.name,
        "made_at": key.created,
        "last_used_at": key.last_used_at,
        "consequence": "A program that uses it loses access.",
        "action": reverse("account-revoke-key", args=[key.pk]),
        "section": "keys-section",
    }
    return render(request, "accounts/revoke.html", question)


@asks_again
def _revoke_key(request: SignedInRequest, key: ApiKey) -> HttpResponse:
    key_revoke(key=key)
    messages.success(request, f"The key “{key.name}” no longer works.")
    return redirect("account")


@sensitive_post_parameters()
@login_required
@never_cache
@require_POST
@asks_again
def password(request: SignedInRequest) -> HttpResponse:
    """Change the password, which ends every other session."""
    form = PasswordForm(request.user, request.POST)
    if not form.is_valid():
        if form.has_error("old_password", "password_incorrect"):
            security_event_record(kind=Kind.PASSWORD_CHECK_FAILED, user=request.user)
        return account_answer(request, password_form=form, status=400)
    update_session_auth_hash(request, form.save())
    sessions_end(user=request.user, except_key=request.session.session_key)
    messages.success(request, "Your password is changed, and you are signed out everywhere else.")
    return redirect("account")


@login_required
@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    count = sessions_end(user=request.user, except_key=request.session.session_key)
    places = "place" if count == 1 else "places"
    messages.success(request, f"Signed out of {count} other {places}. Programs with tokens sign in again.")
    return redirect("account")
