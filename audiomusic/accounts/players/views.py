"""Player passwords on the account page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from audiomusic.accounts.factors.reauthentication import asks_again
from audiomusic.accounts.players.forms import PlayerPasswordForm
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.services import (
    TooManyPlayerPasswords,
    player_password_create,
    player_password_revoke,
)
from audiomusic.accounts.requests.signed_in import SignedInRequest
from audiomusic.accounts.views.account import account_answer


@login_required
@never_cache
@require_POST
@asks_again
def make(request: SignedInRequest) -> HttpResponse:
    """Create a password and show it on the only page that ever does."""
    form = PlayerPasswordForm(request.POST)
    if form.is_valid():
        try:
            row, text = player_password_create(user=request.user, name=form.cleaned_data["name"])
        except TooManyPlayerPasswords as error:
            form.add_error("name", forms.ValidationError(str(error)))
        else:
            return account_answer(request, new_player=row, player_password=text)
    return account_answer(request, player_form=form, status=400)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: SignedInRequest, player_id: int) -> HttpResponseBase:
    """Ask for confirmation, naming the password; a POST revokes it."""
    row = get_object_or_404(PlayerPassword.objects.of_user(request.user), pk=player_id)
    if request.method == "POST":
        return _revoke(request, row)
    question = {
        "what": "player password",
        "name": row.name,
        "made_at": row.created_at,
        "last_used_at": row.last_used_at,
        "consequence": "A player that uses it loses access.",
        "action": reverse("account-revoke-player", args=[row.pk]),
        "section": "players-section",
    }
    return render(request, "accounts/revoke.html", question)


@asks_again
def _revoke(request: SignedInRequest, row: PlayerPassword) -> HttpResponse:
    player_password_revoke(password=row)
    messages.success(request, f"The player password “{row.name}” no longer works.")
    return redirect("account")
