"""Player passwords on the account page."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from audiomusic.accounts.factors.reauthentication import asks_again
from audiomusic.accounts.players.forms import PlayerPasswordForm
from audiomusic.accounts.players.models import PlayerPassword
from audiomusic.accounts.players.services import (
    TooManyPlayerPasswords,
    player_password_create,
    player_password_revoke,
)
from audiomusic.accounts.views.account import account_answer


@login_required
@never_cache
@require_POST
@asks_again
def make(request: HttpRequest) -> HttpResponse:
    """A new password, on the only page that ever shows it."""
    form = PlayerPasswordForm(request.POST)
    if form.is_valid():
        try:
            row, text = player_password_create(user=request.user, name=form.cleaned_data["name"])  # type: ignore[arg-type]
        except TooManyPlayerPasswords as error:
            form.add_error("name", forms.ValidationError(str(error)))
        else:
            return account_answer(request, new_player=row, player_password=text)
    return account_answer(request, player_form=form, status=400)


@login_required
@require_POST
@asks_again
def revoke(request: HttpRequest, player_id: int) -> HttpResponse:
    row = get_object_or_404(PlayerPassword.objects.of_user(request.user), pk=player_id)  # type: ignore[arg-type]
    player_password_revoke(password=row)
    messages.success(request, f"The player password “{row.name}” opens nothing any more.")
    return redirect("account")
