"""The form for a new player password."""

from __future__ import annotations

from django import forms

from audiomusic.accounts.players.models import NAME_CHARS


class PlayerPasswordForm(forms.Form):
    prefix = "player"

    name = forms.CharField(max_length=NAME_CHARS, label="Which player is it for?")
