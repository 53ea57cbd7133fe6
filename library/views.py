"""The pages people see. They hold no songs themselves: what moves comes from the API."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library import forms
from presets.selectors import presets_by_name


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Make a song, and hear those already made."""
    presets = presets_by_name()
    presets.pop("Custom", None)  # it sets nothing: the card "Any" says the same
    context = {
        "presets": presets,
        "kinds": forms.SONG_KINDS,
        "kind_table": {kind.name: kind.describe() for kind in forms.SONG_KINDS},
        "structure_tags": forms.STRUCTURE_TAGS,
        "keyscales": forms.KEYSCALES,
        "timesignatures": forms.TIMESIGNATURES,
        "languages": forms.LANGUAGES,
        "formats": forms.FORMATS,
    }
    return render(request, "library/home.html", context)
